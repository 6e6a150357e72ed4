"""Towns and ports of India by their names: one place, several of one name with their states, or the nearest spellings.

Belongs here: what a name means. Does not belong here: how far something lies from it (``publishing.shortlists.nearby``).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from data_sources.basemap.base_map import places
from data_sources.contracts.admitting.states import present_name

_LEAST_LIKE = 0.72


@dataclass(frozen=True)
class NamedPlace:
    """A town or port: ``kind`` says which; ``state`` may be blank."""

    name: str
    state: str
    kind: str
    lon: float
    lat: float

    def written(self) -> str:
        """Name and state by which it is found again: ``Bilaspur, Chhattisgarh``; a port has the word."""
        name = f"{self.name} port" if self.kind == "port" and not self.name.endswith(" Port") else self.name
        return f"{name}, {self.state}" if self.state else name


def _key(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())


@cache
def _by_name() -> dict[str, tuple[NamedPlace, ...]]:
    """Compared name -> the places of that name, own names before other ones, the largest town first."""
    own: dict[str, list[NamedPlace]] = {}
    other: dict[str, list[NamedPlace]] = {}
    for kind in ("town", "port"):
        table = places(f"{kind}s")
        rows = zip(table["name"], table["state"], table["lon"], table["lat"], table["other_names"])
        for called, state, lon, lat, others in rows:
            place = NamedPlace(str(called), str(state), kind, float(lon), float(lat))
            own.setdefault(_key(place.name), []).append(place)
            for name in filter(None, str(others).split(";")):
                other.setdefault(_key(name), []).append(place)
    return {name: tuple(dict.fromkeys(own.get(name) or other[name])) for name in own.keys() | other.keys()}


def places_named(text: str) -> tuple[NamedPlace, ...]:
    """The towns and ports that a name means: none, one, or all of that name.

    ``Bilaspur, Chhattisgarh`` names a state as well, by its present or a former name; ``Mumbai port`` is the port. Without the
    word the town is meant where town and port share a name and a state.
    """
    name, _, state = (part.strip() for part in text.partition(","))
    wanted = _key(name)
    # Port Blair is a name of its own, and Port Blair port another one.
    bare = [wanted.removesuffix(" port"), wanted.removeprefix("port of "), wanted.removeprefix("port ")]
    ports = [b for b in bare if b != wanted and any(p.kind == "port" for p in _by_name().get(b, ()))]
    is_port = bool(ports)
    wanted = ports[0] if ports else wanted
    found = _by_name().get(wanted, ())
    if state:
        found = tuple(p for p in found if _key(p.state) == _key(present_name(state)))
    if is_port:
        return tuple(p for p in found if p.kind == "port")
    towns = {p.state for p in found if p.kind == "town"}
    return tuple(p for p in found if p.kind == "town" or p.state not in towns)


def names_like(text: str, n: int = 3) -> list[str]:
    """Names of towns and ports that are spelled nearly so, each with its state, the likest first."""
    wanted = _key(text.partition(",")[0])
    near = get_close_matches(wanted, list(_by_name()), n=n, cutoff=_LEAST_LIKE)
    return list(dict.fromkeys(place.written() for name in near for place in _by_name()[name][:1]))
