"""Which checks each asset has, and which of them block: what failed such a check is not current and is not built upon.

Belongs here: names, promises, severities. Does not belong here: how a check judges (``assets.quality``) or runs
(``checks``).
"""

from assets.fingerprints import code_version
from data_sources.contracts.survey import SURVEY_CONTRACTS, VECTOR_LAYERS

# name -> (blocking, what it promises)
SOURCE_CHECKS = {
    "schema": (True, "The kept rows have the contract's columns, types, keys and vocabularies."),
    "units": (True, "No kept value lies outside its physical bounds."),
    "crs": (True, "Kept geometries are in EPSG:4326 and of the contract's type."),
    "rows_balance": (True, "Rows in = rows kept + rows quarantined."),
    "quarantine_share": (False, "At most 5 % of the rows are held back."),
}
ELEMENT_CHECKS = {
    "element_shift": (False, "No element moved as a whole by 1 % or more since the last delivery of the layer."),
}
ASSESSMENT_CHECKS = {
    "schema": (True, "Every table of the assessment has the columns, types, keys and vocabularies of its contract."),
    "units": (True, "No value leaves its physical bounds; P10 <= P50 <= P90 and rank P05 <= P50 <= P95."),
    "crs": (True, "Blocks are polygons in EPSG:4326."),
    "mass_balance": (True, "Within a kind, inside + near + unallocated = the sites, to 1e-9."),
    "ranks_complete": (True, "Ranks are 1..N within a kind, follow the mean score, and only RANKED blocks carry one."),
    "explanation_adds_up": (True, "The three contributions add up to the mean score."),
}
ROBUSTNESS_CHECKS = {
    "robustness": (False, "The ranking survives other prices, weights and distances."),
}
PUBLICATION_CHECKS = {
    "geopackage_valid": (True, "The staged file is a whole, registered GeoPackage with every layer readable."),
    "drift": (False, "Row counts and medians are near those of the last release."),
    "quarantine_share": (False, "At most 5 % of the rows of all sources together are held back."),
}
CHECKS: dict[str, dict[str, tuple[bool, str]]] = {
    **{name: SOURCE_CHECKS | (ELEMENT_CHECKS if SURVEY_CONTRACTS[name].analyses else {}) for name in VECTOR_LAYERS},
    "assessment": ASSESSMENT_CHECKS,
    "robustness_report": ROBUSTNESS_CHECKS,
    "ranked_blocks": PUBLICATION_CHECKS,
}
# Who judges: a result that passed a former version of these is judged anew.
_JUDGES = ("assets/quality.py", "pipelines/judges.py")
BLOCKING = {asset: tuple(n for n, (blocks, _) in checks.items() if blocks) for asset, checks in CHECKS.items()}


def judge_version() -> str:
    """The version of the code that judges, stored with each verdict."""
    return code_version(_JUDGES)
