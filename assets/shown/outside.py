"""Where layers come from, as Dagster's lineage shows it: archives of remote sources, and files outside.

A file is an external asset, one a source card that some region reads from a file of its own: Dagster makes nothing of it,
and a sensor notes when it has changed. Belongs here: keys and cards. Does not belong here: fetching (``archive``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import dagster as dg

from assets.workspace import PARTITIONS
from data_sources.cards import Card, load_card
from data_sources.contracts import KhanijError
from data_sources.regions import load_region, region_names

ARCHIVE, LANDING = "archive", "landing"


def archive_key(card: str) -> dg.AssetKey:
    """The asset of one remote card."""
    return dg.AssetKey([ARCHIVE, card])


def landing_key(card: str) -> dg.AssetKey:
    """The external asset of one card of files."""
    return dg.AssetKey([LANDING, card])


@cache
def outside_cards() -> dict[str, dict[str, tuple[str, ...]]]:
    """Group (``archive``, ``landing``) -> what a source is for (``layers`` key, ``waste``, ``base``, ``states``) -> its cards.

    Of all regions together; one that cannot be read names none.
    """
    found: dict[str, dict[str, set[str]]] = {ARCHIVE: {}, LANDING: {}}
    for region in region_names():
        try:
            for role, source in load_region(region).sources().items():
                if source.path is not None:
                    found[LANDING].setdefault(role.split(".")[0], set()).add(source.card)
                elif load_card(source.card).is_remote:
                    found[ARCHIVE].setdefault(role.split(".")[0], set()).add(source.card)
        except KhanijError:
            continue
    return {
        group: {role: tuple(sorted(cards)) for role, cards in sorted(roles.items())} for group, roles in found.items()
    }


def outside_keys(layers: Iterable[str]) -> list[dg.AssetKey]:
    """The assets outside of a region's run that some layers are read from."""
    found, names = outside_cards(), list(layers)
    cards = {(group, card) for group, roles in found.items() for layer in names for card in roles.get(layer, ())}
    return [dg.AssetKey(list(key)) for key in sorted(cards)]


def fresh_days(cards: Iterable[str]) -> int | None:
    """The shortest time after which one of some cards' files should be read again; None where no card says one."""
    days = [card.freshness for name in cards if (card := _card(name)) is not None and card.freshness is not None]
    return min(days) if days else None


def _card(name: str) -> Card | None:
    # A broken card of one region must not hide the code location of the others; a run of that region says what is wrong.
    try:
        return load_card(name)
    except KhanijError:
        return None


def landing_specs() -> Sequence[dg.AssetSpec]:
    """The external assets, each with the card's title, publisher and licence."""
    names = sorted({card for cards in outside_cards()[LANDING].values() for card in cards})
    return [spec for name in names if (spec := _spec(name)) is not None]


def _spec(name: str) -> dg.AssetSpec | None:
    card = _card(name)
    if card is None:
        return None
    return dg.AssetSpec(
        landing_key(name),
        group_name=LANDING,
        description=f"{card.title}, as files in the landing folder (or the sample's): {card.publisher}.",
        kinds={"file"},
        partitions_def=PARTITIONS,
        metadata={"licence": card.licence, "may_be_passed_on": card.redistribute},
    )
