"""What a flag says, in words: every code of the column ``flags`` as a reader would say it.

Belongs here: the words of a flag. Does not belong here: when a flag is set (``notes``, ``scoring.rank.gates``).
"""

from __future__ import annotations

import re

from khanij.foundation.cells import flag_parts

_WORDS = {
    "no_position": "position not known",
    "position_accuracy_not_stated": "the source does not say how well the position is known",
    "operator_lease": "under its operator's own lease",
    "screening_tonnage": "the tonnage is an order of magnitude only",
    "grades_already_recovered": "the grades are of recovered metal",
    "several_preferred_tonnages": "several tonnages are preferred by their source",
    "wet_tonnes_without_moisture": "wet tonnes, the moisture is not stated",
    "tonnage_is_a_plan": "the tonnage is a plan",
    "district_level": "the position of its waste is known to the district only",
    "area_differs_from_published": "the area of the outline differs from the published one",
    "route_from_waste_type": "the treatment route is that of its waste type",
    "word_translated_by_card": "its waste is a word that the card translates",
}
"""Flags that are one code."""
_OF = {
    "conditional": "conditional on",
    "to_be_checked": "to be checked:",
    "partly_in": "lies partly in",
    "shares_complex_with": "shares its complex with",
    "withheld_site": "holds a site that is withheld:",
    "fertility_from_part": "fertility judged by a part of it:",
    "gate_not_applied": "nothing is withheld in this what-if; else it is",
    "class_not_stated": "its table states no knowledge class, so G4 is taken, for the",
    "market_cap": "the market cannot take all of the",
    "overlaps": "overlaps",
    "ended_lease_over": "a lease over it ended:",
    "alike_site_within_1_km": "may be one waste with, or of one plant with,",
    "several_preferred_tonnages": "several tonnages are preferred by their source:",
    "grade_is_mean_of_samples": "plain means of the samples in its table (element, number):",
    "total_less_its_assays": "elements of a rare-earth total that count by their own assays:",
    "assays_above_their_total": "the assays of single rare earths come to as much as their total or more, and the total is not used:",
    "assay_set_aside_for_total": "the total is known better than the assay of, and counts in place of it:",
    "lease_until": "lease until",
    "lease_status_not_understood": "the status of the lease is not understood:",
    "auction_status": "status of the auction by its source:",
    "auction_status_not_understood": "the status of the auction is not understood:",
    "position": "on its position:",
}
"""Flags ``code:what``."""
_SOFT = re.compile(r"soft:(?P<kind>.+?)(?: x(?P<factor>[0-9.]+))?$")
_SITE = re.compile(r"^(?P<flag>[^()]*?) \((?P<site>[A-Z][A-Z0-9-]+)\)$")


def said_of_flag(flag: str) -> str:
    """One flag in words, ``soft:forest x0.67`` -> ``forest: score times 0.67``; an unknown code without its underscores."""
    flag = flag.strip()
    of_site = _SITE.match(flag)
    if of_site:
        return f"{said_of_flag(of_site['flag'])} (site {of_site['site']})"
    if flag in _WORDS:
        return _WORDS[flag]
    soft = _SOFT.match(flag)
    if soft:
        kind = soft["kind"].replace("_", " ")
        return f"{kind}: score times {float(soft['factor']):.2g}" if soft["factor"] else f"noted: {kind}"
    code, what = flag_parts(flag)
    if what and code in _OF:
        return f"{_OF[code]} {_plain(what)}"
    return _plain(flag)


def _plain(text: str) -> str:
    """Without underscores, but for identifiers (``IN-TSF_01`` keeps its own); a colon is followed by a space."""
    text = re.sub(r":(?=\S)", ": ", text)
    return " ".join(w if any(c.isupper() for c in w) else w.replace("_", " ") for w in text.split())


def cautions_of(flags: list[str]) -> str | None:
    """All flags in words, semicolon between them; None where there is none."""
    return "; ".join(dict.fromkeys(said_of_flag(f) for f in flags)) or None
