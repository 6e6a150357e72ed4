"""Where layers come from, as Dagster's lineage shows it: archives of remote sources, and files outside.

A file is an external asset, one a source card that some region reads from a file of its own: Dagster makes nothing of it,
and a sensor notes when it has changed. Belongs here: keys and cards. Does not belong here: fetching (``archive``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import dagster as dg

from assets.workspace import PARTITIONS
from data_sources.cards import Card, load_card
from data_sources.contracts import KhanijError
from data_sources.regions import Region, load_region, region_names

ARCHIVE, LANDING = "archive", "landing"


def archive_key(card: str) -> dg.AssetKey:
    """The asset of one remote card."""
    return dg.AssetKey([ARCHIVE, card])


def landing_key(card: str) -> dg.AssetKey:
    """The external asset of one card of files."""
    return dg.AssetKey([LANDING, card])


@cache
def readable_regions() -> Mapping[str, Region]:
    """Name -> settings of every region that can be read, as the definitions know it: each YAML is read once for all of them."""
    found = {}
    for name in region_names():
        try:
            found[name] = load_region(name)
        except KhanijError:
            continue
    return found


def read_regions_anew() -> None:
    """Forget what was read of the regions: definitions that are built now are of what is there now."""
    readable_regions.cache_clear()
    outside_cards.cache_clear()


@cache
def outside_cards() -> dict[str, dict[str, tuple[str, ...]]]:
    """Group (``archive``, ``landing``) -> what a source is for (``layers`` key, ``waste``, ``base``, ``states``) -> its cards.

    Of all regions together; a region or a card that cannot be read is left out.
    """
    found: dict[str, dict[str, set[str]]] = {ARCHIVE: {}, LANDING: {}}
    for region in readable_regions().values():
        for role, source in region.sources().items():
            card = _card(source.card)
            if card is None or not (source.path is not None or card.is_remote):
                continue
            group = ARCHIVE if source.path is None else LANDING
            found[group].setdefault(role.split(".")[0], set()).add(source.card)
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
