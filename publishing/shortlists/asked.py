"""What a reader may ask for, read as the tables have it: elements by name, states by old names, columns to sort by.

Belongs here: words of a filter. Does not belong here: which rows have them (``passing``).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.reference import load_table
from data_sources.reference.lanthanides import lanthanides

DISTANCE = "distance_km"
_GROUPS = {
    "REE": ("ree", "rare earths", "rare earth", "rare-earth elements", "rare earth elements", "tree"),
    "PGE": ("pge", "pgm", "platinum group", "platinum-group elements", "platinum group elements"),
}
_OF_PGE = ("Ru", "Rh", "Pd", "Os", "Ir", "Pt")
_MINERAL_WORDS = {"P": ("phosph",), "K": ("potash", "glauconite"), "C": ("graphite",), "Al": ("bauxite", "aluminous")}


@cache
def _names() -> dict[str, str]:
    """Word for an element or group of elements in small letters -> its symbol."""
    table = load_table("elements")
    named = {str(n).lower(): str(e) for e, n in zip(table["element"], table["name"], strict=True)}
    symbols = {str(e).lower(): str(e) for e in table["element"]}
    return named | symbols | {word: group for group, words in _GROUPS.items() for word in words}


def element_asked(text: str) -> str:
    """The symbol of an element or group that a reader names: ``Ni``, ``ni``, ``nickel``, ``rare earths``.

    Raises
    ------
    ValueError : no element is called that; the message names the nearest.
    """
    found = _names().get(" ".join(text.lower().split()))
    if found is None:
        near = get_close_matches(text.lower(), list(_names()), n=3)
        raise ValueError(f"{text} is no element; write a symbol or a name, such as {', '.join(near) or 'Ni, nickel'}")
    return found


def elements_of(symbol: str) -> tuple[str, ...]:
    """The elements of a group, else the element itself."""
    return {"REE": (*lanthanides(), "Y"), "PGE": _OF_PGE}.get(symbol, (symbol,))


def mineral_words(symbol: str) -> tuple[str, ...]:
    """Words in small letters by which a block's notified minerals name an element or its group."""
    if symbol in elements_of("REE") or symbol == "REE":
        group: tuple[str, ...] = ("rare-earth", "rare earth", "monazite")
    else:
        group = ("platinum",) if symbol in (*_OF_PGE, "PGE") else ()
    own = tuple(name for name, known in _names().items() if known == symbol and len(name) > 2 and symbol not in _GROUPS)
    return (*own, *group, *_MINERAL_WORDS.get(symbol, ()))


def state_asked(text: str) -> str:
    """A state by its present name where an old or short one is given (Orissa -> Odisha); else the text itself."""
    from data_sources.contracts.admitting.states import present_name  # with maps, which a list without states spares

    return present_name(text)


def waste_type_asked(text: str) -> str:
    """A waste type as its code is written: ``Red mud`` -> ``red_mud``."""
    return "_".join(text.lower().replace("-", " ").replace("_", " ").split())


def sort_asked(text: str) -> str:
    """``column`` or ``column:desc`` with a column of the ranked blocks, or ``distance_km``.

    Raises
    ------
    ValueError : no such column or direction; the message names the nearest.
    """
    column, _, way = text.strip().partition(":")
    known = [*RANKED_BLOCKS.names(), DISTANCE]
    if column not in known:
        near = get_close_matches(column, known, n=3, cutoff=0.5) or ["tonnage_t_p50", "p_pays", "area_ha"]
        raise ValueError(f"{column} is no column to sort by; try {', '.join(near)}")
    if way not in ("", "asc", "desc"):
        raise ValueError(f"{way} is no direction; write {column}:asc or {column}:desc")
    return f"{column}:{way}" if way else column
