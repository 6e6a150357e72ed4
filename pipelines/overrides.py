"""``--set KEY=VALUE``: one run with some settings of the region's YAML changed.

Belongs here: from the command line's text to a region whose every setting was checked. Does not belong here: what a
setting means (``scoring``), or Dagster, which takes seconds to import; nor the science, which whoever gives no setting
does not wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khanij.foundation.errors import CardError, KhanijError, MissingSourceError, RegionError, together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_sources.regions import Region


def checked_region(name: str, overrides: dict[str, str]) -> Region:
    """The region with its settings changed; the ranking's, the fertility's and the cards that it names checked as well.

    Raises
    ------
    RegionError, CardError : no such region or setting, or bad values; each key is named, all of them at once.
    """
    from data_sources.regions import load_region

    wrong = faults_of_region(name, overrides)
    if wrong:
        raise together(wrong)
    return load_region(name, overrides)


def faults_of_region(name: str, overrides: dict[str, str]) -> list[KhanijError]:
    """All that is wrong with a region's settings: of its own model, of the science's, and of the cards that it names.

    Raises
    ------
    RegionError : no such region, a file that is no YAML, or a setting that is no dotted key.
    """
    from assets.regions import wrong_settings
    from data_sources.regions import load_region, region_settings

    settled, _ = region_settings(name, overrides)
    wrong: list[KhanijError] = []
    try:
        settled = load_region(name, overrides).model_dump()
    except RegionError as error:
        wrong += [error, *error.others]
    return [*wrong, *wrong_settings(settled), *_wrong_cards(settled)]


def _wrong_cards(settled: object) -> list[KhanijError]:
    """What is wrong with the cards that a region names, each card once; one that is not there is the region's fault."""
    from data_sources.cards import load_card

    wrong: list[KhanijError] = []
    for name in sorted(set(_cards_named(settled))):
        try:
            load_card(name)
        except MissingSourceError:
            continue
        except CardError as error:
            wrong += [error, *error.others]
    return wrong


def _cards_named(settled: object) -> Iterator[str]:
    """Every ``card:`` of the settings, however deep."""
    if isinstance(settled, dict):
        card = settled.get("card")
        if isinstance(card, str) and card:
            yield card
    inside = settled.values() if isinstance(settled, dict) else settled if isinstance(settled, (list, tuple)) else ()
    for value in inside:
        yield from _cards_named(value)


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """``["a.b=1"]`` as ``{"a.b": "1"}``.

    Raises
    ------
    RegionError : a pair without ``=``.
    """
    out = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise RegionError(f"--set wants KEY=VALUE, not {pair!r}", do="write for example --set ranking.draws=2000")
        out[key] = value
    return out
