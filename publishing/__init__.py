"""Results turned into files that people open: GeoPackage, QGIS project, shortlist, dossier, page, release.

Belongs here: formats and looks. Does not belong here: a number that was not computed in ``scoring``.
"""

from publishing.explain import explain_block, kinds_in, top_rows, top_table
from publishing.geopackage import publish_geopackage
from publishing.publication import SAMPLE_MARK, Publication, PublishedFile

__all__ = [
    "SAMPLE_MARK",
    "Publication",
    "PublishedFile",
    "explain_block",
    "kinds_in",
    "publish_geopackage",
    "top_rows",
    "top_table",
]
