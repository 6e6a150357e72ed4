"""What a whole result says, in sentences that are computed from it: how much pays, what holds the order, what is open.

Belongs here: sentences about a region. Does not belong here: one block in words (``explain``, ``scoring.rank.told``).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from data_sources.contracts.blocks import AUCTION_OUTCOMES, OPEN_TO_BID
from khanij.foundation.cells import is_known
from khanij.foundation.environment import output_folder
from khanij.foundation.wording import number, one_line
from publishing.geopackage.reading import read_table, records, run_info
from publishing.languages import ENGLISH, chance_said, say

if TYPE_CHECKING:
    import pandas as pd

NAMED = 3
"""Blocks that a sentence names before it says how many more there are."""
_PROSPECTS = ("kind", "status", "rank", "prospect", "name", "p_pays", "price_multiple_needed")


def prospects_said(blocks: pd.DataFrame, kind: str = "waste_block", language: str = ENGLISH) -> str:
    """``prospects_of`` the rows of a table."""
    return prospects_of(records(blocks[list(_PROSPECTS)]), kind, language)


def prospects_of(blocks: Iterable[SimpleNamespace], kind: str = "waste_block", language: str = ENGLISH) -> str:
    """``Of 34 ranked waste blocks 0 pay ..., 2 may, 32 need net prices 3 to 1,130 times as high.``; "" where none is."""
    mine = (b for b in blocks if b.kind == kind and b.status == "RANKED")
    ranked = sorted(mine, key=lambda b: b.rank if is_known(b.rank) else math.inf)
    if not ranked:
        return ""
    pays, may, rest = ([b for b in ranked if b.prospect == p] for p in ("PAYS", "MAY_PAY", "NEEDS_MORE"))
    what = kinds_said(kind, language, len(ranked))
    parts = [
        say("headline.pays", language, n=len(pays), named=_named(pays, language)),
        say("headline.may", language, n=len(may), named=_named(may, language)),
    ]
    if rest:
        times = _times([b.price_multiple_needed for b in rest], language)
        parts.append(say("headline.need", language, n=len(rest), times=times))
    return say("headline.ranked", language, n=len(ranked), kind=what, parts=", ".join(parts))


def kinds_said(kind: str, language: str = ENGLISH, n: int = 2) -> str:
    """What so many blocks of a kind are called."""
    return say(f"{'kinds' if n != 1 else 'kind'}.{kind}", language)


def _named(blocks: Sequence[SimpleNamespace], language: str) -> str:
    """`` (Malanjkhand ... in 44 % of the draws)``: the first few by name with how often they pay."""
    said = [
        say("headline.named", language, name=one_line(_called(b)), chance=chance_said(b.p_pays, language))
        for b in blocks[:NAMED]
    ]
    more = len(blocks) - len(said)
    others = [say("headline.more", language, n=more)] if more else []
    return f" ({'; '.join([*said, *others])})" if said else ""


def _called(block: SimpleNamespace) -> str:
    """The block's name, or its id where its source has none."""
    return str(block.name) if is_known(block.name) and str(block.name).strip() else str(block.block_id)


def _times(multiples: Sequence[float | None], language: str) -> str:
    known = [x for x in multiples if x is not None and is_known(x)]
    if not known:
        return say("headline.times_unknown", language)
    low, high = min(known), max(known)
    key = "headline.times_range" if high > low else "headline.times_one"
    return say(key, language, low=number(low), high=number(high))


def outside_said(blocks: pd.DataFrame, language: str = ENGLISH) -> str:
    """Waste of other metals than the basket's that pays or may: it is not ranked, and worth knowing."""
    others = blocks[(blocks["status"] == "OUT_OF_BASKET") & blocks["prospect"].isin(["PAYS", "MAY_PAY"])]
    others = others.sort_values(["p_pays", "block_id"], ascending=[False, True])
    if others.empty:
        return ""
    rows = zip(others["name"], others["main_product"], others["p_pays"])
    told = [say("headline.outside_one", language, name=n, metal=m, chance=chance_said(p, language)) for n, m, p in rows]
    return say("headline.outside", language, list="; ".join(told))


def statuses_said(blocks: pd.DataFrame, kind: str = "waste_block", language: str = ENGLISH) -> str:
    """How many blocks of a kind are ranked, barred, of other metals, leased, and not quantified."""
    mine = blocks.loc[blocks["kind"] == kind, "status"].value_counts()
    statuses = ("RANKED", "GATED", "OUT_OF_BASKET", "LEASED", "UNQUANTIFIED")
    told = [say(f"headline.{s}", language, n=int(mine[s])) for s in statuses if mine.get(s)]
    if not told:
        return ""
    return say("headline.statuses", language, n=int(mine.sum()), kind=kinds_said(kind, language), parts=", ".join(told))


def basket_said(gpkg: Path | str, basket: str, language: str = ENGLISH) -> str:
    """How often anything that another basket ranks pays at all."""
    ranks = read_table(gpkg, "basket_ranks")
    blocks = read_table(gpkg, "ranked_blocks").set_index("block_id")
    mine = ranks[(ranks["basket"] == basket) & (ranks["kind"] == "waste_block")]["block_id"]
    p = blocks.loc[[b for b in mine if b in blocks.index], "p_pays"].dropna()
    if p.empty:
        return ""
    return say(
        "headline.basket", language,
        n=len(p), title=say(f"headline.{basket}", language), pay=int((p >= 0.05).sum()), chance=chance_said(p.max(), language),
    )  # fmt: skip


def auction_said(blocks: pd.DataFrame, near_km: float = 5.0, language: str = ENGLISH) -> str:
    """What is known of the waste in and near auction blocks."""
    mine = blocks[blocks["kind"] == "auction_block"]
    if mine.empty:
        return ""
    near = int((mine["nearest_site_km"] <= near_km).sum())
    quantified = int(mine["status"].isin(["RANKED", "OUT_OF_BASKET"]).sum())
    rest = say("headline.auction_rest", language)
    return say(
        "headline.auction", language, n=len(mine), quantified=quantified, near=near, km=f"{near_km:g}", rest=rest
    )


def open_said(blocks: pd.DataFrame, kind: str = "waste_block", language: str = ENGLISH) -> list[str]:
    """Which ranked blocks of a kind can be bid for, and what became of the auction blocks."""
    ranked = blocks[(blocks["kind"] == kind) & blocks["rank"].notna()]
    offered, what = blocks[blocks["kind"] == "auction_block"], kinds_said(kind, language, len(ranked)) if kind else ""
    found = [
        counted(
            "brief.open_said", "brief.open_n", ranked["open_to_bid"], OPEN_TO_BID, language, n=len(ranked), kind=what
        ),
        counted(
            "brief.outcomes", "brief.outcome", offered["auction_outcome"], AUCTION_OUTCOMES, language, n=len(offered)
        ),
    ]
    return [s for s in found if s]


def counted(key: str, stem: str, values: pd.Series, words: Sequence[str], language: str, **more: object) -> str:
    """How often each word stands in a column; a blank counts as the last one. "" where there is no row."""
    if values.empty:
        return ""
    counts = values.fillna(words[-1]).value_counts()
    parts = [say(f"{stem}.{w}", language, n=int(counts[w])) for w in words if counts.get(w)]
    return say(key, language, parts=", ".join(parts), **more)


def robustness_said(gpkg: Path | str, kind: str = "waste_block", language: str = ENGLISH) -> str:
    """The verdict on the order of one kind."""
    told = verdict_said(run_info(gpkg), kind, language)
    return f"{told}{say('stop', language)}" if told else ""


def verdict_said(info: Mapping[str, str], kind: str = "waste_block", language: str = ENGLISH) -> str:
    """The verdict on the order of one kind as ``run_info`` has it: ``Ranking not robust: ...``; "" where nothing was ranked."""
    told = info.get(f"verdict_{kind}", "")
    for key in ("robust", "not_robust"):
        words = say(f"headline.{key}").removesuffix("{note}")
        if told.casefold().startswith(words.casefold()):
            return say(f"headline.{key}", language, note=told[len(words) :])
    return f"{told[:1].upper()}{told[1:]}" if told else ""


def region_said(gpkg: Path | str, language: str = ENGLISH) -> str:
    """All sentences of one published region, one to a line, the prospects first."""
    blocks = read_table(gpkg, "ranked_blocks")
    deck = run_info(gpkg).get("price_deck", "")
    parts = [
        prospects_said(blocks, language=language), outside_said(blocks, language), basket_said(gpkg, "magnet_ree", language),
        statuses_said(blocks, language=language), auction_said(blocks, language=language),
        robustness_said(gpkg, language=language), prices_said(deck, language),
    ]  # fmt: skip
    return "\n".join(p for p in parts if p)


def prices_said(deck: str, language: str = ENGLISH) -> str:
    """Which prices a result was made with; "" where it does not say."""
    return say("headline.prices", language, deck=deck) if deck else ""


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
