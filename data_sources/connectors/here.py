"""What of a source is here already: its file below the data folder, or the age of its last fetch.

Belongs here: the table of the cards, and where a file lies; nothing of it needs a network, a reader or a library. Does not
belong here: asking a source (``remote.probing``) or reading a file (``files``).
"""

from __future__ import annotations

import time
from pathlib import Path

from data_sources.cards import Card
from data_sources.connectors.archive import Archive
from data_sources.regions import data_folder
from khanij.foundation.errors import MissingSourceError


def local_path(card: Card, folder: Path | None = None) -> Path:
    """Where the file of a *file* card lies.

    Raises
    ------
    MissingSourceError : no data folder, or no such file in it; the card's access steps are the remedy.
    """
    root = folder or data_folder()
    if root is None or not (root / card.path).exists():
        raise MissingSourceError("the file is not here", file=card.path, layer=card.name, do=card.access)
    return root / card.path


def local_state(card: Card, archive: Archive, *, folder: Path | None = None, now_s: float | None = None) -> str:
    """What is here of a source, without asking anyone: for a table of the cards.

    ``now_s`` is seconds since the epoch (default: the clock); a source older than its card's ``freshness`` days is stale.
    """
    if card.protocol == "embedded":
        return "in the project"
    if card.protocol == "manual":
        return "by hand"
    if card.protocol == "file":
        try:
            return f"here: {local_path(card, folder).name}"
        except MissingSourceError:
            return "not here"
    asked = archive.last_asked(card.name)
    if asked is None:
        return "not fetched"
    days = int(((time.time() if now_s is None else now_s) - asked) // 86_400)
    stale = card.freshness is not None and days > card.freshness
    return f"fetched {days} days ago{', stale' if stale else ''}"
