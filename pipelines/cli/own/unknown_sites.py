"""Sites that a table names and the register lacks, in words, and what to write into the card so that they are found.

Belongs here: those two sentences. Does not belong here: finding the site of a row (``data_sources.readers.references``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

_MANY = 10


def unknown_sites(unknown: Mapping[str, str], column: str) -> tuple[str, str]:
    """What is to be said of the sites, and what to do.

    Parameters
    ----------
    unknown : site as the table writes it -> the id in the register that has its letters and digits, or "".
    column : the table's column that names them.
    """
    named = [f"{site} ({near}?)" if near else site for site, near in unknown.items()]
    more = f" and {len(named) - _MANY} more" if len(named) > _MANY else ""
    meant = {s: near for s, near in unknown.items() if near} or {next(iter(unknown)): "ID IN THE REGISTER"}
    words = json.dumps({column: dict(list(meant.items())[:_MANY])}, ensure_ascii=False)  # is YAML, too
    return (
        f"sites that the register lacks: {', '.join(named[:_MANY])}{more}",
        f"write the ids as the register does, or say in the card which site each is: values: {words}",
    )
