"""The options by which ``khanij shortlist`` and ``khanij dossier`` choose blocks, and the filter that they make.

Belongs here: options. Does not belong here: what passes (``publishing.shortlists``), nor an import of a library at the top.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publishing.shortlists.filters import ShortlistFilter

TEXTS = {
    "kind": "kind of block, such as waste_block",
    "status": "RANKED (default), OUT_OF_BASKET, UNQUANTIFIED, GATED, LEASED, or all; where no block of the kind is ranked, all is the default",
    "state": "state or union territory, by its present or an old name",
    "district": "district",
    "element": "element by symbol or name: of what the route sells, else of the minerals that the block is offered for",
    "prospect": "PAYS, MAY_PAY or NEEDS_MORE",
    "open": "open to bid by what a source says: yes, operator, third_party or unknown",
    "concession": "what is offered: CL (composite licence), ML (mining lease) or EL (exploration licence)",
    "outcome": "outcome of the auction: sold, annulled, offered_again, no_bid, open, to_be_offered or unknown",
    "operator": "part of the name of the operator or lease holder",
    "waste-type": "waste type, such as red_mud",
    "exclude-flag": "leave out blocks with this word in a flag, such as forest",
}
NUMBERS = {
    "max_rank": (int, "N", "rank N or better"),
    "min_p_top10": (float, "P", "at least this share of draws among the first ten"),
    "min_p_top20": (float, "P", "at least this share of draws among the first twenty"),
    "min_p_pays": (float, "P", "at least this share of draws in which it pays"),
    "max_price_multiple": (float, "X", "needed price multiple of at most X (1 pays today)"),
    "min_tonnage_t": (float, "T", "at least T tonnes (P50)"),
    "max_guessed": (int, "N", "at most N figures of own knowledge or expert default"),
}
_LISTS = {name: {"open": "open_to_bid"}.get(name, name.replace("-", "_")) for name in TEXTS}
_SINGLE = ("worst_class", "within_km", "of", "sort")


def add_options(parser: argparse.ArgumentParser, *, without: tuple[str, ...] = ()) -> None:
    """Add the options that choose blocks, but for those that the verb has already."""
    for name, text in TEXTS.items():
        if name not in without:
            parser.add_argument(
                f"--{name}",
                dest=_LISTS[name],
                action="append",
                metavar=name.upper(),
                help=f"{text} (repeatable, or with commas)",
            )
    for name, (kind, metavar, text) in NUMBERS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)
    parser.add_argument("--worst-class", metavar="CLASS", help="knowledge class of at least G1, G2, G3, G4 or analogue")
    parser.add_argument("--within", dest="within_km", type=float, metavar="KM", help="at most KM from the place --of")
    parser.add_argument(
        "--of",
        metavar="PLACE",
        help="a block, a waste site, a town or port (Bilaspur, Chhattisgarh; Mumbai port), or longitude,latitude in degrees",
    )
    parser.add_argument("--sort", metavar="COLUMN[:desc]", help="order by a column instead of the rank, missing last")


def given_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings of a filter that were given, by their names in a saved one."""
    lists = {name: getattr(arguments, name, None) for name in _LISTS.values()}
    joined = {n: v if isinstance(v, str) else ",".join(v) for n, v in lists.items() if v is not None}
    single = {n: getattr(arguments, n, None) for n in (*NUMBERS, *_SINGLE)}
    return joined | {n: v for n, v in single.items() if v is not None}


def folder_for(chosen: ShortlistFilter, regions: list[str], root: Path) -> tuple[Path, str]:
    """One filter, one folder: where its files go, and the text of ``filter.yaml`` that says what they are.

    A name that was given is the folder's, unless it holds the list of another filter; without one the settings are.
    """
    import hashlib

    import yaml

    text = f"# khanij shortlist --filter THIS_FILE, regions: {', '.join(regions)}\n" + yaml.safe_dump(
        chosen.settings(), sort_keys=True, allow_unicode=True
    )
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    if chosen.name == type(chosen).model_fields["name"].default:
        return root / _in_words(chosen, mark), text
    named = root / chosen.name
    note = named / "filter.yaml"
    is_others = note.is_file() and note.read_text(encoding="utf-8") != text
    return (root / f"{chosen.name}-{mark}" if is_others else named), text


def _in_words(chosen: ShortlistFilter, mark: str) -> str:
    settings = {k: v for k, v in chosen.settings().items() if k not in ("name", "version")}
    words = [w for v in settings.values() for w in (v if isinstance(v, list) else [v])]
    plain = "-".join("".join(c if c.isalnum() else "_" for c in str(w)).strip("_") for w in words)
    return f"shortlist-{plain[:40].strip('-_')}-{mark}" if plain else "shortlist"
