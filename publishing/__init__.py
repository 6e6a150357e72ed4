"""Results turned into files that people open: GeoPackage, QGIS project, shortlist, dossier, page, release.

Belongs here: formats and looks. Does not belong here: a number that was not computed in ``scoring``.
"""
