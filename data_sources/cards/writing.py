"""The card of what was found in a file: its columns, units and reading options, to be corrected by hand where it errs.

Belongs here: a card's YAML from an admission's report. Does not belong here: reading the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from data_sources.cards.card import parse_card
from khanij.foundation.errors import SourceError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEPT_OPTIONS = (
    "sheet",
    "header_row",
    "skip_rows",
    "delimiter",
    "encoding",
    "quoting",
    "decimal",
    "keep_rest",
    "x",
    "y",
)


def found_card(
    name: str,
    file: str,
    layer: str,
    report: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    file_layer: str = "",
    path: str = "",
) -> str:
    """YAML of a *file* card by which ``file`` is read as it was.

    Parameters
    ----------
    name : of the card, which is that of its file. file : below the data folder. layer : contract.
    report : of the admission (``fields``, ``coordinates``, ``units``, ``crs``). options : those that the file was read with.
    file_layer : the layer or sheet inside the file, where it has several. path : of the file below the data folder, where
    it is known.

    Raises
    ------
    SourceError : a name that no card may have, or columns that no card can name.
    """
    if not _NAME.fullmatch(name):
        raise SourceError(
            f"a card cannot be called {name!r}",
            file=name,
            field="--write-card",
            do="use small letters, digits and _, a letter first",
        )
    used = [u for u in report.get("units", ()) if u["used"]]
    fields = {raw: target for target, raw in report["fields"].items()}
    taken = set(fields.values())
    for unit in used:  # the first column of an element; a second one is found again by its own name
        if unit["target"] not in taken and unit["column"] not in fields:
            fields[unit["column"]] = unit["target"]
            taken.add(unit["target"])
    for target, raw in zip(("longitude", "latitude"), report.get("coordinates", ())):
        if raw not in fields:
            fields[raw] = target
    stated = {
        u["column"]: {"unit": u["stated_unit"], "basis": "stated"}
        for u in used
        if u["column"] in fields and not str(u["stated_by"]).startswith("contract")
    }
    card: dict[str, Any] = {
        "name": name, "title": f"{Path(file).name}, as {layer}", "publisher": "the owner of the file",
        "licence": "as its owner says; taken as not to be passed on", "redistribute": "no",
        "citation": f"{Path(file).name}, supplied by the user", "protocol": "file", "path": path or Path(file).name, "contract": layer,
    }  # fmt: skip
    stated |= {c: _plain_unit(u) for c, u in (options.get("units") or {}).items() if c in fields}
    if file_layer:
        card["layer"] = file_layer
    if report.get("crs"):
        card["crs"] = str(report["crs"])
    card |= {
        "field_map": fields,
        "units": stated,
        "values": {c: dict(words) for c, words in (options.get("values") or {}).items()},
        "options": {k: options[k] for k in _KEPT_OPTIONS if options.get(k) not in (None, "")},
    }
    text = yaml.safe_dump({k: v for k, v in card.items() if v != {}}, sort_keys=False, allow_unicode=True, width=120)
    parse_card(text, file=f"{name}.yaml")  # what cannot be read again is not written
    return text


def _plain_unit(said: Any) -> dict[str, str]:
    """A unit that the file was read with, as a card writes it."""
    unit = said["unit"] if isinstance(said, Mapping) else getattr(said, "unit", said)
    return {"unit": str(unit), "basis": "stated"}


def write_card(path: Path, text: str, *, force: bool = False) -> None:
    """A new card; one that is there already is written over only with ``force``.

    Raises
    ------
    SourceError : a file of that name, or no such folder.
    """
    try:
        with path.open("w" if force else "x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        remedies = {
            FileExistsError: "name another file, or write over it with --force",
            FileNotFoundError: f"create the folder {path.parent} first, or name another file",
        }
        do = remedies.get(type(error), "name another file")
        raise SourceError(f"the card cannot be written: {error.strerror}", file=path, do=do) from error
