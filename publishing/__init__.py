"""Results turned into files that people open: GeoPackage, QGIS project, shortlist, dossier, page, release.

Belongs here: formats and looks. Does not belong here: a number that was not computed in ``scoring``.

What the command line and the assets use, by module: ``geopackage.publish_geopackage``, ``rasters.write_cog``,
``fertility_report.write_fertility_report``, ``explain.explain_block``, ``explain.top_rows``,
``shortlist.build_shortlist``, ``shortlist_files.write_shortlist``, ``dossier.write_dossiers``, ``page.write_page``,
``releases.make_release``, ``diff.diff_releases``.
"""
