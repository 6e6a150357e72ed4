"""What a whole result says, in sentences that are computed from it: how much pays, what holds the order, what is open.

Belongs here: sentences about a region. Does not belong here: one block in words (``explain``, ``scoring.rank.told``).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from khanij.foundation.environment import output_folder
from khanij.foundation.wording import chance, number
from publishing.geopackage.reading import read_table, run_info

NAMED = 3
"""Blocks that a sentence names before it says how many more there are."""


def prospects_said(blocks: pd.DataFrame, kind: str = "waste_block") -> str:
    """``Of 34 ranked waste blocks 0 pay ..., 2 may, 32 need net prices 3 to 1,130 times as high.``; "" where none is."""
    ranked = blocks[(blocks["kind"] == kind) & (blocks["status"] == "RANKED")].sort_values("rank")
    if ranked.empty:
        return ""
    counts = {p: ranked[ranked["prospect"] == p] for p in ("PAYS", "MAY_PAY", "NEEDS_MORE")}
    what = str(kind).replace("_", " ") + ("s" if len(ranked) > 1 else "")
    parts = [
        f"{len(counts['PAYS'])} pay at today's prices in half of the draws or more{_named(counts['PAYS'])}",
        f"{len(counts['MAY_PAY'])} may pay{_named(counts['MAY_PAY'])}",
    ]
    rest = counts["NEEDS_MORE"]
    if len(rest):
        parts.append(f"{len(rest)} need {_times(rest['price_multiple_needed'])}")
    return f"Of {len(ranked)} ranked {what} {', '.join(parts)}."


def _named(blocks: pd.DataFrame) -> str:
    """`` (Malanjkhand ... in 44 % of the draws)``: the first few by name with how often they pay."""
    said = [f"{name} in {chance(p)}" for name, p in zip(blocks["name"].head(NAMED), blocks["p_pays"].head(NAMED))]
    more = len(blocks) - len(said)
    return f" ({'; '.join([*said, *([f'{more} more'] if more else [])])})" if said else ""


def _times(multiples: pd.Series) -> str:
    known = multiples.dropna()
    if known.empty:
        return "more than any price multiple that can be said"
    low, high = known.min(), known.max()
    return (
        f"net prices {number(low)} to {number(high)} times as high"
        if high > low
        else f"{number(low)} times the net prices"
    )


def outside_said(blocks: pd.DataFrame) -> str:
    """Waste of other metals than the basket's that pays or may: it is not ranked, and worth knowing."""
    others = blocks[(blocks["status"] == "OUT_OF_BASKET") & blocks["prospect"].isin(["PAYS", "MAY_PAY"])]
    others = others.sort_values(["p_pays", "block_id"], ascending=[False, True])
    if others.empty:
        return ""
    rows = zip(others["name"], others["main_product"], others["p_pays"])
    return f"Outside the basket: {'; '.join(f'{n} ({m}, pays in {chance(p)} of the draws)' for n, m, p in rows)}."


def statuses_said(blocks: pd.DataFrame, kind: str = "waste_block") -> str:
    """How many blocks of a kind are ranked, barred, of other metals, leased, and not quantified."""
    mine = blocks.loc[blocks["kind"] == kind, "status"].value_counts()
    words = (
        ("RANKED", "are ranked"), ("GATED", "barred by law or court"), ("OUT_OF_BASKET", "of other metals than the basket's"),
        ("LEASED", "leased to a third party"), ("UNQUANTIFIED", "not quantified"),
    )  # fmt: skip
    told = [f"{int(mine[s])} {said}" for s, said in words if mine.get(s)]
    return f"Of {int(mine.sum())} {str(kind).replace('_', ' ')}s {', '.join(told)}." if told else ""


def basket_said(gpkg: Path | str, basket: str, title: str) -> str:
    """How often anything that another basket ranks pays at all."""
    ranks = read_table(gpkg, "basket_ranks")
    blocks = read_table(gpkg, "ranked_blocks").set_index("block_id")
    mine = ranks[(ranks["basket"] == basket) & (ranks["kind"] == "waste_block")]["block_id"]
    p = blocks.loc[[b for b in mine if b in blocks.index], "p_pays"].dropna()
    if p.empty:
        return ""
    most = f"the best in {chance(p.max())} of the draws"
    return f"Of {len(p)} waste blocks with {title} {int((p >= 0.05).sum())} pay in 5 % of the draws or more; {most}."


def auction_said(blocks: pd.DataFrame, near_km: float = 5.0) -> str:
    """What is known of the waste in and near auction blocks."""
    mine = blocks[blocks["kind"] == "auction_block"]
    if mine.empty:
        return ""
    near = int((mine["nearest_site_km"] <= near_km).sum())
    quantified = int(mine["status"].isin(["RANKED", "OUT_OF_BASKET"]).sum())
    return (
        f"Of {len(mine)} auction blocks {quantified} hold quantified waste and {near} lie within {near_km:g} km of a known "
        "waste site; the others name the nearest site, and what is missing."
    )


def robustness_said(gpkg: Path | str, kind: str = "waste_block") -> str:
    """The verdict on the order of one kind."""
    told = verdict_said(run_info(gpkg), kind)
    return f"{told}." if told else ""


def verdict_said(info: Mapping[str, str], kind: str = "waste_block") -> str:
    """The verdict on the order of one kind as ``run_info`` has it: ``Ranking not robust: ...``; "" where nothing was ranked."""
    told = info.get(f"verdict_{kind}", "")
    return f"{told[:1].upper()}{told[1:]}" if told else ""


def region_said(gpkg: Path | str) -> str:
    """All sentences of one published region, one to a line, the prospects first."""
    blocks = read_table(gpkg, "ranked_blocks")
    deck = run_info(gpkg).get("price_deck", "")
    parts = [
        prospects_said(blocks), outside_said(blocks), basket_said(gpkg, "magnet_ree", "magnet rare earths"),
        statuses_said(blocks), auction_said(blocks), robustness_said(gpkg),
    ]  # fmt: skip
    return "\n".join([*(p for p in parts if p), *([f"Prices: deck {deck}."] if deck else [])])


def with_said(text: str, region: str, said: str) -> str:
    """A document with the sentences of a region between its marks, one to a line."""
    begin, end = f"<!-- said: {region} -->\n", "<!-- end said -->"
    head, rest = text.split(begin)
    lines = [f"* {sentence}" for sentence in said.split("\n")]
    return head + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1]


if __name__ == "__main__":
    document = Path(sys.argv[1])
    published = output_folder() / "india" / "ranked_blocks.gpkg"
    document.write_text(
        with_said(document.read_text(encoding="utf-8"), "india", region_said(published)), encoding="utf-8"
    )
