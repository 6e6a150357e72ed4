"""What the page says at its head and foot: the headline whole, how sure, how new, under which terms, which files, which words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from example_publication import make_publication

from data_sources.contracts.admitting.states import other_names, present_name
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import read_table
from publishing.glossary import GLOSSARY
from publishing.headline import region_said
from publishing.page import page_html
from publishing.page.head import licence, newest_day, search_words, sources, verdict
from publishing.page.packing import packed
from publishing.words import SHORT_WORDS, STATUS_WORDS

NOTE = "ranking not robust: price deck 2024: Kendall tau 0.59"


def _made() -> Publication:
    made = make_publication(15)
    blocks, sites, tests = made.layers["ranked_blocks"], made.layers["waste_sites"], made.tables["robustness"]
    blocks["sources"] = "notice of 2026-07-15, table 1; a paper of 2019"
    blocks["access_source"] = "lease valid to 2030-03-31"
    blocks.loc[0, "auction_outcome_date"] = "2026-08-02"
    sites["sources"] = "press 2024-01-31; part 2026-19-45"
    blocks["redistribute"], sites["redistribute"] = "yes", "yes"
    blocks.loc[[1, 2], "redistribute"] = "no"
    sites.loc[sites.index[0], "redistribute"] = "share-alike"
    said = tests.iloc[[0]].assign(test="verdict", is_robust=False, note=NOTE)
    info = made.run_info | {"inr_per_usd": "87.7", "fx_date": "2025-08-18", "verdict_waste_block": NOTE}
    tables = made.tables | {"robustness": pd.concat([tests, said], ignore_index=True)}
    return replace(made, tables=tables, run_info=info)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_geopackage(_made(), tmp_path_factory.mktemp("head") / "ranked_blocks.gpkg").path


@pytest.fixture(scope="module")
def page(file: Path) -> str:
    return page_html(file, ["ranked_blocks.gpkg", "evidence/evidence.tif"])


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_headline_stands_whole_before_everything_else(file: Path, page: str) -> None:
    said = region_said(file).split("\n")
    head = _text(page[page.index("<h1>") : page.index("</header>")])
    assert len(said) >= 4
    assert said[0].startswith("Of ")
    assert said[0].endswith(".")
    for sentence in said:
        if not sentence.startswith(("Ranking not robust", "Prices: deck")):  # the badge and the line of dates say these
            assert " ".join(sentence.split()) in head, sentence
    assert head.index(said[0][:40]) < 60
    assert page.index('class="lead"') < page.index('id="badge"') < page.index("<form")


def test_days_rate_prices_and_version_stand_at_the_head(file: Path, page: str) -> None:
    assert newest_day(file) == "2026-08-02", "a lease's expiry and what is no day are left out"
    line = _text(page[page.index('class="when">') :][:700])
    for said in (
        "Newest source: 2026-08-02.",
        "USD 1 = Rs 87.7 of 2025-08-18.",
        "deck 2024",
        "Khanij 0.1.0.",
        "Not a release",
    ):
        assert said in line, said


def test_the_release_is_named_in_a_release(tmp_path: Path) -> None:
    made = _made()
    made.run_info["release"], made.run_info["licence_note"] = "2026.12.01", "no share-alike rows"
    said = _text(page_html(publish_geopackage(made, tmp_path / "ranked_blocks.gpkg").path).split("<form")[0])
    assert "Release 2026.12.01." in said
    assert "(no share-alike rows)" in said


def test_what_may_not_be_passed_on_is_counted(file: Path) -> None:
    assert "2 rows may not be passed on; 1 rows only under their own terms" in licence(file, {})


def test_links_go_to_the_files_beside_and_to_no_other(file: Path, page: str) -> None:
    assert re.findall(r'href="([^"#]+)"', page) == ["ranked_blocks.gpkg", "evidence/evidence.tif"]
    assert re.findall(r'href="([^"#]+)"', page_html(file)) == []
    assert "Files beside" not in page_html(file).split("<script")[0]


def test_the_sources_stand_at_the_foot_with_their_licences(page: str) -> None:
    foot = _text(page[page.index("<footer>") : page.index("</footer>")])
    assert "Sources and licences Register (made up): CC BY 4.0. Nobody (2024)" in foot
    assert sources({}) == ""


def test_the_verdict_on_the_order_is_handed_over_by_kind(file: Path, geopackage: Path) -> None:
    assert verdict(file) == {"waste_block": [False, NOTE]}
    assert verdict(geopackage) == {}, "no verdict is not a good one"


def test_a_block_is_found_by_element_names_and_former_states(file: Path) -> None:
    words = search_words(read_table(file, "ranked_blocks"))
    assert words["elements"]["Sc"].startswith("scandium")
    assert words["elements"]["Nd"].split()[0] == "neodymium"
    assert "rare" in words["elements"]["Nd"].split()
    assert "rare" not in words["elements"]["Ni"].split()
    assert "platinum" in words["elements"]["Pd"].split()
    assert "orissa" in words["states"]["Odisha"].split()
    assert set(words["states"]) == set(read_table(file, "ranked_blocks")["state"])


@pytest.mark.parametrize(("state", "former"), [("Odisha", "orissa"), ("Uttarakhand", "uttaranchal")])
def test_other_names_are_read_as_the_present_one(state: str, former: str) -> None:
    assert former in other_names(state)
    assert {present_name(n) for n in other_names(state)} == {state}
    assert other_names("Nowhere") == ()


@pytest.mark.parametrize(
    "word",
    ["P10", "P05", "basket", "analogue", "G4", "draws", "HPAL", "P(top 20)", "Price multiple needed", "Net present value",
     "NPV, Rs crore", "Tier", "Prospect", "P(pays)", "not robust", "Kendall tau", "Knowledge class"],
)  # fmt: skip
def test_each_word_that_a_newcomer_asks_for_is_explained(word: str, page: str) -> None:
    found = [term for term in GLOSSARY if re.search(term.written, word)]
    assert found, word
    shown = _text(page[page.index('id="words"') :].split("</section>")[0])
    data = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    for term in found:
        assert " ".join(term.means.split()) in shown
        assert [term.written, term.means] in data["terms"]


def test_the_table_says_prospect_and_tier_before_any_order(page: str) -> None:
    data = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    keys = [key for key, *_ in data["table"]]
    assert keys[:2] == ["tier", "prospect"]
    assert keys.index("npv_inr_crore_p50") < keys.index("rank") < keys.index("rank_p05") < keys.index("score_mean")
    assert data["short_words"] == SHORT_WORDS
    assert data["statuses"] == STATUS_WORDS


def unpacked(column: list | dict) -> list:
    """A column as the page's own script reads it."""
    if isinstance(column, list):
        return column
    return [column["one"]] * column["n"] if "one" in column else [column["of"][at] for at in column["at"]]


@pytest.mark.parametrize(
    "values",
    [[], [None, None], ["a"], ["same words"] * 9, ["one of two", "two of two"] * 5, [1, 1.0, True, None], [*range(9), 0],
     ["long words", None, "long words", "long words", None, True, 1]],
)  # fmt: skip
def test_a_packed_column_is_the_column(values: list) -> None:
    column = json.loads(json.dumps(packed({"c": values})))["c"]
    assert [repr(v) for v in unpacked(column)] == [repr(v) for v in values]


def test_words_that_repeat_are_written_once(page: str) -> None:
    blocks = json.loads(page.split('type="application/json">')[1].split("</script>")[0])["blocks"]
    kinds = blocks["kind"]["of"]
    assert len(kinds) == len(set(kinds)) and len(blocks["kind"]["at"]) == len(unpacked(blocks["block_id"]))


def test_rupees_are_the_dollars_at_the_stated_rate(file: Path, page: str) -> None:
    data = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    blocks = {name: unpacked(column) for name, column in data["blocks"].items()}
    pairs = [p for p in zip(blocks["npv_usd_p50"], blocks["npv_inr_crore_p50"]) if None not in p]
    assert len(pairs) > 5
    for usd, crore in pairs:
        assert usd * float(data["info"]["inr_per_usd"]) / 1e7 == pytest.approx(crore, rel=1e-4)


def test_a_block_without_a_name_is_called_by_its_id():
    from types import SimpleNamespace

    from publishing.headline import prospects_of

    block = {
        "kind": "waste_block",
        "status": "RANKED",
        "prospect": "MAY_PAY",
        "p_pays": 0.43,
        "price_multiple_needed": 1.5,
    }
    named, bare = (
        SimpleNamespace(**block, block_id=f"WB-{i}", rank=i, name=n) for i, n in ((1, "North dam"), (2, None))
    )
    said = prospects_of([named, bare])
    assert "North dam in 43 %" in said and "WB-2 in 43 %" in said
