"""The page's levers in a real browser: the same draws as the engine give the same values and the same order.

``KHANIJ_LONG=1`` tries 200 random settings, else 20.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cases import run

import scoring.waste.site_projects as site_projects
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from pipelines.overrides import parse_settings
from publishing.geopackage.geopackage import publish_geopackage
from publishing.page import write_page
from scoring.rank.assess import state_to_assessment
from scoring.rank.state import RunState
from scoring.rank.what_if import LEVERS, what_if_table
from tests.integration.test_browser import browser, example
from tests.scoring.rank.districts import made_up_district

SETTINGS = 200 if os.environ.get("KHANIJ_LONG") else 20
DRAWS = 1000
BASKETS = ("critical_30", "all_recoverable")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not browser.CHROMIUM, reason="no Chromium: apt-get install --no-install-recommends chromium"),
]


@pytest.fixture(scope="module", autouse=True)
def _shares_as_handed_over() -> Iterator[None]:
    """Shares of rare-earth totals are handed over as 32-bit floats: the engine is held against what the page decodes."""
    original = site_projects.profile_draws
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            site_projects,
            "profile_draws",
            lambda *a: {name: row.astype(np.float32).astype(float) for name, row in original(*a).items()},
        )
        yield


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    """A district with all that a register can hold: splits, borrowed figures, two complexes, gates, drawn positions."""
    made = made_up_district(11, n=22, draws=DRAWS, baskets=BASKETS)
    sites = made["sites"].copy()
    sites["shares_complex_with"] = ""
    of_type = sites.groupby("waste_type_code")["site_id"].apply(list)
    large = of_type[of_type.map(len) >= 3].tolist()
    assert large, "the district has a type of three sites or more"
    sites.loc[sites["site_id"].isin(large[0][1:]), "shares_complex_with"] = large[0][0]
    barred, leased = sites["site_id"].iloc[0], sites["site_id"].iloc[5]
    sites.loc[sites["site_id"] == leased, "lease_status"] = "third_party"
    hard = ("C-hard", barred, "court", "hard", math.nan, "a court bars it", "made up")
    rows = pd.DataFrame([dict(zip(made["constraints"].columns, hard, strict=True))])
    return made | {"sites": sites, "constraints": pd.concat([made["constraints"], rows], ignore_index=True)}


@pytest.fixture(scope="module")
def state(frames: dict[str, Any]) -> RunState:
    return run(**frames)


@pytest.fixture(scope="module")
def page(state: RunState, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("what_if")
    made, outcome = example.make_publication(), state_to_assessment(state)
    made.layers["ranked_blocks"] = example.completed(outcome.ranked_blocks, RANKED_BLOCKS)
    made.tables["what_if"] = what_if_table(state)
    made.run_info.update(inr_per_usd="87.7", region="district")
    gpkg = publish_geopackage(made, folder / "ranked_blocks.gpkg").path
    return write_page(gpkg, folder / "index.html").path


def _random_levers(chance: random.Random, elements: list[str]) -> dict[str, Any]:
    def about_1(width: float) -> float:
        return round(math.exp(chance.gauss(0.0, width)), 3)

    return {
        "price_deck": chance.choice(["2024", "2025e"]),
        "price_factor": about_1(0.7),
        "price_factors": {e: chance.choice([0, 0.3, 2, 5]) for e in sorted(chance.sample(elements, 3))},
        "strategic_premium": round(chance.uniform(0, 1.5), 3),
        "discount_rate": round(chance.uniform(0, 0.25), 3),
        "cost_factor": about_1(0.4),
        "capital_factor": about_1(0.4),
        "recovery_factor": about_1(0.3),
        "cap_factor": about_1(1.5),
        "ground_weight": round(chance.uniform(0, 1), 2),
        "basket": chance.choice(BASKETS),
        "apply_gates": chance.random() < 0.5,
    }


_RUN = """(() => {{
  const began = performance.now(), r = document.khanij.kernel().run({levers}), ms = performance.now() - began, finite = x => isFinite(x) ? x : null;
  return JSON.stringify({{
    ms,
    blocks: r.blocks.map(b => [b.id, b.known, b.known ? b.p_pays : null, b.known ? b.npv_usd : null, b.known ? finite(b.multiple_p50) : null]),
    kinds: Object.fromEntries(Object.entries(r.kinds).map(([k, l]) => [k, l.map(f => [f.id, f.rank, f.tier, f.mean, f.rank_p05, f.rank_p95, f.parts, f.p_top10])])),
  }});
}})()"""


def _asked(page: Path, folder: Path, many: list[dict[str, Any]]) -> list[dict[str, Any]]:
    async def visit() -> list[dict[str, Any]]:
        async with browser.Browser(folder) as b:
            await b.open(page.as_uri())
            out = [json.loads(await b.value(_RUN.format(levers=json.dumps(levers)))) for levers in many]
            assert b.errors == []
            return out

    return asyncio.run(visit())


def _agree(told: dict[str, Any], again: RunState) -> int:
    """The page's values beside the engine's, block by block; how many were compared."""
    ids, out, compared = again.given.ids, again.scored.projects.out, 0
    for block, known, p_pays, npv, multiple in told["blocks"]:
        i = ids.index(block)
        if not known:
            assert np.isnan(out.npv[0, i]).all()
            continue
        assert npv == pytest.approx(out.npv[0, i].tolist(), rel=1e-6)
        assert p_pays == pytest.approx(out.p_pays[0, i], abs=1e-12)
        needed = float(out.multiple_q[0, i, 1])
        assert (math.inf if multiple is None else multiple) == pytest.approx(needed, rel=1e-6)
        compared += 1
    assert set(told["kinds"]) == set(again.main_scores)
    for kind, scores in again.main_scores.items():
        mine = {row[0]: row[1:] for row in told["kinds"][kind]}
        assert set(mine) == {ids[i] for i in scores.members}
        for j, i in enumerate(scores.members):
            rank, tier, mean, p05, p95, parts, p_top10 = mine[ids[i]]
            assert (rank, tier) == (int(scores.rank[j]), scores.tiers[j])
            assert mean == pytest.approx(scores.mean[j], abs=1e-6)
            assert parts == pytest.approx(scores.contributions[j].tolist(), abs=1e-6)
            assert [p05, p95] == pytest.approx([scores.summary.p05[j], scores.summary.p95[j]], abs=1e-9)
            if len(scores.members) <= 10:
                assert p_top10 == 1.0
    return compared


def test_random_settings_give_what_the_engine_gives(frames, state, page, tmp_path):
    chance = random.Random(20261128)
    elements = sorted({e for _, e in state.scored.products})
    many = [{}, *(_random_levers(chance, elements) for _ in range(SETTINGS))]
    compared, orders, ratios = 0, set(), []
    for levers, told in zip(many, _asked(page, tmp_path, many), strict=True):
        began = time.perf_counter()
        again = run(**frames | {"settings": frames["settings"].replace(threads=1, **levers)})
        ratios.append(told["ms"] / (1000 * (time.perf_counter() - began)))
        compared += _agree(told, again)
        orders.add(tuple(row[:2] for row in map(tuple, told["kinds"]["waste_block"])))
    assert compared > 15 * len(many) and len(orders) > SETTINGS / 2, "the levers do move the order"
    # one change in the page beside one run of the engine on the same draws: a page that waits would show here
    assert statistics.median(ratios) < 2.0


def test_gates_complexes_splits_and_drawn_positions_were_among_them(state):
    parts = {p: json.loads(c) for p, c in what_if_table(state).values}
    on, off = parts["gates_on"], parts["gates_off"]
    assert sum(map(len, off["members"]["all_recoverable"].values())) > sum(
        map(len, on["members"]["all_recoverable"].values())
    )
    assert any(len(s["members"]) > 1 for s in on["sites"]) and parts["model"]["profiles"]
    assert any(len(pair) == 3 for b in on["blocks"] for pair in b["sites"]), "a position that is drawn"
    assert set(parts["model"]["levers"]) == set(LEVERS)


def test_it_is_small(state):
    table = what_if_table(state)
    blocks = len(json.loads(table.loc[table["part"] == "gates_on", "content"].iloc[0])["blocks"])
    assert table["content"].str.len().sum() / blocks * 100 < 3e6


_MOVE = "(() => {{ const f = document.getElementById('if-{key}'); f.value = {value}; f.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
_TABLE = "JSON.stringify([...document.querySelectorAll('#table tbody tr')].map(r => r.textContent))"
_RANKS = "JSON.stringify(document.khanij.B.rank.map((r, i) => [document.khanij.B.block_id[i], r]).filter(p => p[1] !== null && document.khanij.B.kind[document.khanij.B.block_id.indexOf(p[0])] === 'waste_block'))"


async def _walk(page: Path, folder: Path) -> dict[str, Any]:
    out: dict[str, Any] = {}
    async with browser.Browser(folder) as b:
        await b.open(page.as_uri())
        out["before"], out["idle"] = (
            await b.value(_TABLE),
            await b.value("document.getElementById('levers-form').children.length"),
        )
        await b.value("document.querySelector('#what-if summary').click()")
        await _settled(b)
        out["named"] = await b.value(
            "[...document.querySelectorAll('#what-if input, #what-if select')].every(e => e.labels.length || e.getAttribute('aria-label'))"
        )
        out["open"] = await b.value(_TABLE)
        await b.value(_MOVE.format(key="price_factors.Cu", value=6))
        await b.value(_MOVE.format(key="discount_rate", value=0.05))
        await _settled(b)
        out["said"] = await b.value("document.getElementById('levers-said').textContent")
        out["command"] = await b.value("document.getElementById('levers-command').textContent")
        out["ranks"], out["moved"] = json.loads(await b.value(_RANKS)), await b.value(_TABLE)
        out["details"] = await b.value("document.getElementById('details').textContent")
        out["explanation"] = await b.value("document.khanij.B.explanation.some(x => x !== null)")
        await b.value(
            "(() => { const make = URL.createObjectURL; URL.createObjectURL = blob => { blob.text().then(t => { window.saved = t; }); return make.call(URL, blob); }; document.getElementById('levers-csv').click(); })()"
        )
        await _settled(b)
        out["csv"], out["address"] = await b.value("window.saved"), await b.value("location.hash")
        await b.value(_MOVE.format(key="discount_rate", value=-3))
        await _settled(b)
        out["refused"] = [
            await b.value("document.getElementById('if-discount_rate').getAttribute('aria-invalid')"),
            await b.value(_TABLE),
        ]
        await b.value("document.getElementById('levers-reset').click()")
        await _settled(b)
        out["reset"] = [
            await b.value(_TABLE),
            await b.value("location.hash"),
            await b.value("document.getElementById('levers-banner').hidden"),
        ]
        await b.open(page.as_uri() + out["address"])
        await _settled(b)
        out["linked"] = await b.value(_TABLE)
        await b.open(page.as_uri() + "#if=price_factor:0;nonsense;basket:none;discount_rate:x")
        await _settled(b)
        out["nonsense"] = await b.value(_TABLE)
        out["requests"], out["errors"] = list(b.requests), list(b.errors)
    return out  # fmt: skip


async def _settled(b: Any) -> None:
    for _ in range(3):
        await b.value("document.body.offsetHeight")
        await asyncio.sleep(0.15)


@pytest.fixture(scope="module")
def seen(page: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return asyncio.run(_walk(page, tmp_path_factory.mktemp("walk")))


def test_with_no_lever_moved_the_published_figures_stand(seen):
    assert seen["idle"] == 0, "nothing is unpacked before it is asked for"
    assert seen["open"] == seen["before"] and seen["named"]


def test_a_lever_moves_ranks_and_says_that_this_is_not_the_result(seen, frames):
    factors = {"price_factors": {"Cu": 6}, "discount_rate": 0.05}
    again = run(**frames | {"settings": frames["settings"].replace(**factors)})
    scores = again.main_scores["waste_block"]
    assert dict(seen["ranks"]) == {again.given.ids[i]: int(r) for i, r in zip(scores.members, scores.rank, strict=True)}
    assert seen["moved"] != seen["before"]
    assert "not the published result" in seen["said"] and "1,000 of 1,000 draws" in seen["said"]
    assert "price of Cu x 6" in seen["said"] and "discount rate 5 %" in seen["said"]
    assert "not the published result" in seen["details"]
    assert not seen["explanation"], "sentences that speak of other figures are left out"


def test_its_command_makes_the_same_settings(seen):
    words = seen["command"].split()
    assert words[:6] == ["khanij", "run", "--region", "district", "--scenario", "what_if"]
    pairs = parse_settings([w for w in words[6:] if w != "--set"])
    assert pairs == {"ranking.price_factors.Cu": "6", "ranking.discount_rate": "0.05"}


def test_the_table_is_saved_with_what_made_it(seen):
    lines = seen["csv"].lstrip("\ufeff").split("\r\n")
    assert "not the published result" in lines[0] and "--set ranking.discount_rate=0.05" in lines[1]
    assert "P10 is the low case" in lines[2] and lines[3].startswith("block_id,name,kind")
    assert len(lines) > 20


def test_a_wrong_value_is_refused_and_reset_is_one_click(seen):
    assert seen["refused"] == ["true", seen["moved"]]
    assert seen["reset"][0] == seen["before"] and "if=" not in seen["reset"][1] and seen["reset"][2]


def test_a_link_opens_what_was_seen_and_a_broken_one_nothing(seen):
    assert seen["linked"] == seen["moved"] and seen["nonsense"] == seen["before"]


def test_no_request_leaves_the_page_and_nothing_fails(seen):
    assert all(r.startswith(("file:", "data:", "blob:")) for r in seen["requests"]) and seen["errors"] == []


_BEST = "JSON.stringify({sets}.map(([c, n]) => bestSet(c, n).map(x => [x.site, x.campaign])))"


def test_a_budget_buys_the_same_set_as_the_engines(page, tmp_path):
    from scoring.waste.sampling.budget import best_set
    from scoring.waste.sampling.decision_value import CampaignWorth

    chance, asked, expected = random.Random(5), [], []
    fields = [f.name for f in dataclasses.fields(CampaignWorth)]
    for _ in range(60):
        rows = []
        for site in range(chance.randint(1, 12)):
            for campaign in chance.sample(["both", "test", "tonnage_and_grade"], chance.randint(1, 3)):
                lakh = chance.randint(1, 300)
                values = dict.fromkeys(fields, 0.0) | {
                    "site_id": f"S{site}",
                    "campaign": campaign,
                    "left_out_reason": "",
                }
                values |= {
                    "cost_usd": lakh * 1e5 / 80.0,
                    "net_worth_usd": float(chance.choice([1e6, 2e6, chance.randint(1, 10**7) + 0.5])),
                }
                rows.append((CampaignWorth(**values), lakh))
        crore = chance.choice([0, 0.5, 1, 2.37, 5, 50])
        asked.append(
            [
                [{"site": c.site_id, "campaign": c.campaign, "lakh": lakh, "net": c.net_worth_usd} for c, lakh in rows],
                crore,
            ]
        )
        expected.append([[c.site_id, c.campaign] for c in best_set([c for c, _ in rows], crore, 80.0)])

    async def visit() -> Any:
        async with browser.Browser(tmp_path) as b:
            await b.open(page.as_uri())
            return json.loads(await b.value(_BEST.format(sets=json.dumps(asked))))

    assert asyncio.run(visit()) == expected
    assert sum(map(len, expected)) > 100
