"""The data dictionary: every layer and column that comes in or goes out, written from the contracts.

``python -m data_sources.contracts.published.dictionary`` writes ``docs/data_dictionary.md``; with ``--check`` it only says whether
the file is current. Belongs here: the layout of that page. Does not belong here: a word about a column (the contracts).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from data_sources.contracts.admitting.chemistry import MAJOR_OXIDES
from data_sources.contracts.contract import Bounds, Contract, Field
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from data_sources.contracts.registry import ALL
from data_sources.made_pages import write_page

PATH = Path(__file__).resolve().parents[3] / "docs" / "data_dictionary.md"

_HEAD = """# Data dictionary

Written by `python -m data_sources.contracts.published.dictionary` from the contracts in `data_sources/contracts`; a test holds that
it is current. Do not edit it by hand.

*Reject* bounds are physical: outside them the row goes to the quarantine. *Flag* bounds are what is usual: outside them
the row stays and is marked. Missing is NULL, never zero. P10 is the low case; rank P05 is the best place.
Column names carry their unit (`La_ppm`, `SiO2_pct`, `tonnage_t_p50`).
"""


def dictionary_text() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, "\n# What comes in\n"]
    parts += [_section(c) for _, c in sorted(ALL.items())]
    parts.append("\n# What goes out: `ranked_blocks.gpkg`\n")
    parts += [_section(c) for c in OUTPUT_CONTRACTS.values()]
    return "\n".join(parts).rstrip() + "\n"


def _section(contract: Contract) -> str:
    geometry = contract.geometry if isinstance(contract.geometry, str) else ", ".join(contract.geometry or ())
    facts = [
        f"key: {', '.join(f'`{k}`' for k in contract.key) or 'none'}",
        f"geometry: {geometry or 'none (a table)'}" + (f", {contract.crs}" if geometry else ""),
    ]
    lines = [f"\n## {contract.name}\n", f"**{contract.title}.** {contract.description}\n", " · ".join(facts) + "\n"]
    lines += [f"* {note}" for note in _notes(contract)]
    lines += [
        "",
        "| column | type | unit | title | meaning | checks | also read from |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(f) for f in contract.fields]
    if contract.analyses:
        oxides = ", ".join(f"`{o}_pct`" for o in (*MAJOR_OXIDES, "LOI"))
        lines.append(
            f"| {oxides} | float | % | oxides, ignition loss | Share of mass. | 0 to 100; sum at most 102 % | `SiO2`, `Si02`, `sio2_pct` |"
        )
        lines.append(
            "| `<Element>_ppm` | float | ppm | element | Mass fraction of the element. | 0 to 1,000,000; unit held against the crust | `La_ppb`, `as_`, `Cu (mg/kg)` |"
        )
        lines.append(
            "| `<column>_censored` | boolean |  | below detection | True: the value is a detection limit. |  |  |"
        )
    return "\n".join(lines)


def _notes(contract: Contract) -> Iterable[str]:
    yield from contract.notes
    if contract.sheet_from:
        yield f"`{contract.sheet_from}` starts with a survey sheet number, which is compared with the coordinates."
    if contract.unique_positions:
        yield "Rows with the same coordinates are marked."
    if contract.states_as_of:
        yield f"States are named as of {contract.states_as_of}; old names and spellings are marked."


def _row(f: Field) -> str:
    checks = []
    if f.required:
        checks.append("required column")
    if f.optional:
        checks.append("may be absent")
    if not f.nullable:
        checks.append("never missing")
    if f.unique:
        checks.append("unique")
    if f.vocabulary:
        checks.append("one of " + ", ".join(f"`{v}`" for v in f.vocabulary))
    checks += [text for word, b in (("reject", f.reject), ("flag", f.flag)) if (text := _bounds(word, b))]
    cells = (
        f"`{f.name}`",
        f.dtype,
        f.unit,
        f.title,
        f.description,
        "; ".join(checks),
        ", ".join(f"`{a}`" for a in f.aliases),
    )
    return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |"


def _bounds(word: str, bounds: Bounds | None) -> str:
    if bounds is None:
        return ""
    low = "any" if bounds.low is None else f"{bounds.low:g}"
    high = "any" if bounds.high is None else f"{bounds.high:g}"
    return f"{word} outside {low} to {high} ({bounds.reason})"


if __name__ == "__main__":
    sys.exit(write_page(PATH, dictionary_text(), "data_sources.contracts.published.dictionary", sys.argv[1:]))
