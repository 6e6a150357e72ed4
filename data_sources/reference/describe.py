"""The page on the fact tables: ``python -m data_sources.reference.describe`` writes ``docs/reference_tables.md``.

Belongs here: the layout of that page. Does not belong here: the meaning of a column (``columns.yaml``, the contracts).
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from data_sources.made_pages import write_page
from data_sources.reference.route_sales import sold_products
from data_sources.reference.tables import load_evidence, load_table
from khanij.foundation.errors import ContractError

PATH = Path(__file__).resolve().parents[2] / "docs" / "reference_tables.md"
_CONTRACTS = {
    "waste_sites": "waste_sites", "site_tonnages": "tonnages", "site_grades": "grades", "site_constraints": "constraints",
}  # fmt: skip
_HEAD = """# Fact tables

Written by `python -m data_sources.reference.describe`; a test holds that it is current. Do not edit it by hand.

The tables are `data_sources/reference/*.csv`: UTF-8, comma, one header row. A blank cell means *not known*, never zero.
Every row says its source. Marks such as *own knowledge*, *recalled*, *expert default*, *derived* and *screening only*
stay with the figure, and each source string ends with the
identifiers of its texts in `bibliography`. Ids join across tables. What stands in `evidence/` says where figures of other tables come from; no run
reads it, so that an edit there remakes nothing.
"""
_EVIDENCE = " Stands in `evidence/`."


@cache
def _described() -> dict[str, Any]:
    text = (files("data_sources.reference") / "columns.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def described_tables() -> list[str]:
    """Names of all tables, those of the waste register first."""
    return [*_CONTRACTS, *sorted(n for n in _described() if not n.startswith("_"))]


def is_evidence(name: str) -> bool:
    """Whether a table stands in ``evidence/``: what others were filled from, read by no run."""
    return (files("data_sources.reference") / "evidence" / f"{name}.csv").is_file()


def described_table(name: str) -> pd.DataFrame:
    """One fact table, of ``evidence/`` or not."""
    return load_evidence(name) if is_evidence(name) else load_table(name)


def columns_of(name: str) -> dict[str, tuple[str, str]]:
    """Column -> (unit, meaning) of one table, in the order of the file.

    Raises
    ------
    ContractError : a column that nobody described, or a description without its column.
    """
    if name in _CONTRACTS:
        from data_sources.contracts.waste import WASTE_CONTRACTS

        known = {f.name: (f.unit, f.description) for f in WASTE_CONTRACTS[_CONTRACTS[name]].fields}
    else:
        listed = _described()[name]["columns"]
        known = {c: _unit_and_meaning(str(text)) for c, text in listed.items()}
    table = list(described_table(name).columns)
    everywhere = {c: ("", str(m)) for c, m in _described()["_every_table"].items()}
    for column in table:
        if column not in known and column not in everywhere:
            raise ContractError(
                "a column without a meaning", file=f"{name}.csv", field=column, do="describe it in columns.yaml"
            )
    for column in known:
        if column not in table:
            raise ContractError("a meaning without its column", file=f"{name}.csv", field=column, do="take it out")
    return {c: known.get(c, everywhere.get(c, ("", ""))) for c in table}


def _unit_and_meaning(text: str) -> tuple[str, str]:
    unit, bar, meaning = text.partition(" | ")
    return (unit, meaning) if bar else ("", text)


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for name in described_tables():
        if name in _CONTRACTS:
            from data_sources.contracts.waste import WASTE_CONTRACTS

            contract = WASTE_CONTRACTS[_CONTRACTS[name]]
            title, key = contract.description, ", ".join(contract.key)
        else:
            title, key = _described()[name]["title"], _described()[name]["key"]
        parts.append(
            f"\n## {name}\n\n{title} {len(described_table(name))} rows. Key: `{key}`.{_EVIDENCE if is_evidence(name) else ''}\n"
        )
        parts.append("| column | unit | meaning |\n|---|---|---|")
        parts += [f"| `{c}` | {unit} | {meaning} |" for c, (unit, meaning) in columns_of(name).items()]
        if name == "routes":
            parts += _codes()
    return "\n".join(parts).rstrip() + "\n"


def _codes() -> list[str]:
    """Every code of a waste with its routes and what they sell of it, which is what a user's own table has to name."""
    taken: dict[str, list[str]] = {}
    for row in load_table("routes").to_dict("records"):
        for code in str(row["waste_type_codes"]).split(";") if isinstance(row["waste_type_codes"], str) else ():
            taken.setdefault(code.strip(), []).append(str(row["name"]))
    sold: dict[str, dict[str, list[str]]] = {}
    for row in sold_products().to_dict("records"):
        products = sold.setdefault(str(row["waste_type_code"]), {})
        products.setdefault(str(row["product"]), []).append(str(row["element"]))
    head = "\nCodes of wastes (`waste_type_code`), the routes that take them and what those sell (blank: no product with a recovery, a payable share and a price is known, so nothing is valued; a site's own test in `site_metallurgy` may add one); words such as *Red mud* are read as `red_mud`:\n"
    said = {
        code: "; ".join(f"{product}: {', '.join(dict.fromkeys(elements))}" for product, elements in products.items())
        for code, products in sold.items()
    }
    rows = [f"| `{c}` | {'; '.join(r)} | {said.get(c, '')} |" for c, r in sorted(taken.items())]
    return [head, "| code | routes | sold |\n|---|---|---|", *rows]


if __name__ == "__main__":
    sys.exit(write_page(PATH, page(), "data_sources.reference.describe", sys.argv[1:]))
