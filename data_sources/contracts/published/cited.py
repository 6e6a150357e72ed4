"""The published table of the texts that a result cites, and the columns in which it cites them.

Belongs here: that table's columns. Does not belong here: the texts (``data_sources.reference.bibliography``).
"""

from __future__ import annotations

from data_sources.contracts.contract import Contract
from data_sources.contracts.published.output_fields import text

SEEN = ("seen", "partly", "recalled", "own knowledge", "expert default", "derived", "none")
CITING = ("sources", "source", "access_source", "status_reason")
"""Columns of published layers and tables whose texts name entries in brackets, such as ``[B094, OWN]``."""

BIBLIOGRAPHY = Contract(
    "bibliography",
    "Bibliography",
    "The texts that this result's figures come from: what stands in brackets behind a source, such as [B094, OWN].",
    (
        text("source_id", "Entry", "Identifier, as source strings name it; the key.", required=True, nullable=False, unique=True),
        text("title", "Title", "Title of the text, or how it was found where its title is not known."),
        text("publisher", "Publisher", "Who published it, or where a copy was seen."),
        text("date", "Date", "Day, month or year of the text; blank where it names none."),
        text("link", "Link", "Where it can be read; blank where no exact address is known, never guessed."),
        text("seen", "Seen", "seen, partly (an abstract, a summary, or a citation in another text), recalled; or why there is no text: own knowledge, expert default, derived, none.", vocabulary=SEEN),
        text("licence", "Licence", "Terms of the text where it states any."),
    ),
    key=("source_id",),
)  # fmt: skip
