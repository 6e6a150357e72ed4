"""What stands at the head and the foot of the page: what was found, how sure, how new, under which terms, which files.

Belongs here: sentences and links of the page, made from the published tables. Does not belong here: one block (the script
draws it), a sentence that other products say too (``publishing.headline``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from data_sources.contracts.admitting.states import other_names
from data_sources.reference import load_table
from khanij.foundation.escaping import xml
from publishing.geopackage.reading import read_table, run_info
from publishing.glossary import GLOSSARY
from publishing.headline import open_said, prices_said, region_said, robustness_said
from publishing.languages import ENGLISH, HINDI, in_hindi, say, unread

_DAY = re.compile(r"\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b")
_DATED = {"ranked_blocks": ("sources", "auction_outcome_date"), "waste_sites": ("sources",)}
_GROUP_WORDS = {"REE": "ree rare earth earths", "PGE": "pge pgm platinum group"}
_HINDI = (
    "title.",
    "page.",
    "not_known",
    "sample.mark",
    "scenario.said",
    "brief.accepted",
    "headline.robust",
    "headline.not_robust",
)
_STAY = "page.names_explanations_and_sources_of_blocks_stay"
_OF_TERMS = in_hindi("term.")
_FILES = {
    "brief.pdf": "the brief, one page",
    "brief.docx": "the brief, for Word",
    "brief_hi.pdf": "the brief in Hindi",
    "brief_hi.docx": "the brief in Hindi, for Word",
    "ranked_blocks.gpkg": "all layers and tables, for QGIS",
    "base.gpkg": "coast, rivers, towns and ports round the blocks",
    "ranked_blocks.parquet": "blocks, GeoParquet",
    "waste_sites.parquet": "waste sites, GeoParquet",
    "evidence/evidence.tif": "evidence bands, GeoTIFF",
    "fertility_report.html": "how well the ground was predicted",
    "CHANGELOG.md": "what changed and why",
    "datapackage.json": "columns of the tables",
    "stac_item.json": "catalogue entry",
    "manifest.json": "files with their hashes",
}
"""What a file beside the page is for; another one is named without a word."""


def filled(text: str) -> str:
    """Text for a place of the page, in which no other place is found."""
    return xml(text).replace("@", "&#64;")


def sentences(gpkg: Path | str) -> str:
    """The headline of the region, the first sentence before the others, each whole."""
    first, *rest = said_of(gpkg)
    return f'<p class="lead">{filled(first)}</p><ul>{"".join(f"<li>{filled(s)}</li>" for s in rest)}</ul>'


def said_of(gpkg: Path | str, language: str = ENGLISH) -> list[str]:
    """The sentences of the headline, the first before the others."""
    # What holds the order stands in the badge below, the prices among the dates.
    prices = prices_said(run_info(gpkg).get("price_deck", ""), language)
    told = {robustness_said(gpkg, language=language), prices}
    found = [s for s in region_said(gpkg, language).split("\n") if s not in told]
    return [*found, *open_said(read_table(gpkg, "ranked_blocks"), language=language)] or [""]


def facts_said(gpkg: Path | str, info: dict[str, str], language: str = ENGLISH) -> list[str]:
    """Of what day the facts, the money and the prices are, which release, and what may be passed on; a sentence each."""
    day, rate, of = newest_day(gpkg), info.get("inr_per_usd"), info.get("fx_date")
    since = say("facts.rate_of", language, day=of) if of else ""
    release, version = info.get("release"), info.get("khanij_version")
    said = [
        say("facts.newest", language, day=day) if day else "",
        say("facts.rate", language, rate=rate, of=since) if rate else "",
        prices_said(info.get("price_deck", ""), language),
        say("facts.release", language, release=release) if release else say("facts.no_release", language),
        say("facts.version", language, version=version) if version else "",
        say("facts.licence", language, licence=licence(gpkg, info, language)),
    ]
    return [s for s in said if s]


def about(gpkg: Path | str, info: dict[str, str]) -> str:
    """The facts about the facts, in a line below the headline."""
    return f'<p class="when">{filled(" ".join(facts_said(gpkg, info)))} <a href="#words">How to read this</a></p>'


def newest_day(gpkg: Path | str) -> str:
    """The latest day that a source or an outcome names; "" where none names one. A lease's expiry is no source's day."""
    found: set[str] = set()
    for table, columns in _DATED.items():
        frame = read_table(gpkg, table)
        for column in columns:
            found |= {day for cell in frame[column].dropna() for day in _DAY.findall(str(cell))}
    return max(found, default="")


def limited_rows(gpkg: Path | str) -> dict[str, int]:
    """How many blocks and waste sites have each mark of ``redistribute``; a waste block has none beside its site's."""
    marks = pd.concat([read_table(gpkg, t)["redistribute"] for t in ("ranked_blocks", "waste_sites")]).value_counts()
    return {str(mark): int(n) for mark, n in marks.items()}


def licence(gpkg: Path | str, info: dict[str, str], language: str = ENGLISH) -> str:
    """The licence of the programme, and how many rows may not be passed on, or only under their own terms."""
    marks = limited_rows(gpkg)
    limits = [
        say(f"facts.rows_{key}", language, n=marks[mark])
        for mark, key in (("no", "no"), ("share-alike", "share_alike"))
        if marks.get(mark)
    ]
    limited = info.get("licence_note") or "; ".join(limits) or say("facts.rows_free", language)
    return say("facts.licence_said", language, limits=limited)


def links(beside: Iterable[str]) -> str:
    """Links to the files beside the page; nothing where none is."""
    items = [
        f'<li><a href="{filled(name)}">{filled(name)}</a>{f" ({_FILES[name]})" if name in _FILES else ""}</li>'
        for name in beside
    ]
    return f'<nav aria-label="Files beside this page"><h2>Files</h2><ul>{"".join(items)}</ul></nav>' if items else ""


def sources(info: dict[str, str]) -> str:
    """Every source that the result read with its licence and how to cite it; "" where the run names none."""
    cards = json.loads(info.get("licences") or "[]")
    items = [
        f"<li>{filled(c['title'])}: {filled(c['licence'] or 'licence not stated')}"
        f"{'. ' + filled(c['citation']) if c.get('citation') else ''}</li>"
        for c in cards
    ]
    return f"<h2>Sources and licences</h2><ul>{''.join(items)}</ul>" if items else ""


def glossary() -> str:
    """Every term of the glossary with its explanation."""
    return "".join(f"<dt>{filled(t.title)}</dt><dd>{filled(t.means)}</dd>" for t in GLOSSARY)


def terms() -> list[list[str]]:
    """The terms for the script: how each is written, and what it means."""
    return [[t.written, t.means] for t in GLOSSARY]


def hindi(gpkg: Path | str, info: dict[str, str]) -> dict[str, Any]:
    """All that the page says, in Hindi: its sentences, its terms, and its other words by the English ones."""
    words = in_hindi(*_HINDI)
    return {
        "words": [[en, hindi] for en, hindi in words.items() if en != hindi],
        "said": said_of(gpkg, HINDI),
        "when": " ".join(facts_said(gpkg, info, HINDI)),
        "notice": say("stop", HINDI).join(s for s in (unread(HINDI), f" {say(_STAY, HINDI)}") if s),
        "terms": [[*(_OF_TERMS[text] for text in (t.title, t.means, t.written))] for t in GLOSSARY],
    }


def search_words(blocks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Words that find a block beside those it shows: of an element its name and group, of a state its other names."""
    table = load_table("elements")
    rows = zip(table["element"], table["name"], table["india_30_name"], strict=True)
    elements = {str(e): f"{str(n).lower()} {_GROUP_WORDS.get(str(group), '')}".rstrip() for e, n, group in rows}
    elements |= _GROUP_WORDS
    return {
        "elements": elements,
        "states": {str(s): " ".join(other_names(str(s))) for s in sorted(blocks["state"].dropna().unique())},
    }


def verdict(gpkg: Path | str) -> dict[str, Any]:
    """Kind -> whether the order of its ranks is robust, and the reason in words."""
    table = read_table(gpkg, "robustness")
    table = table[table["test"] == "verdict"]
    rows = zip(table["kind"], table["is_robust"], table["note"])
    return {str(kind): [bool(robust), str(note)] for kind, robust, note in rows if pd.notna(robust) and pd.notna(note)}


def levers(gpkg: Path | str) -> str:
    """What the page makes its what-if from, for a script element that is read at the first lever; "" where there is none."""
    table = read_table(gpkg, "what_if")
    parts = {str(p): json.loads(c) for p, c in zip(table["part"], table["content"], strict=True)}
    return script_data(parts).replace("@", "\\u0040") if parts else ""


def script_data(value: Any) -> str:
    """JSON for a script element, which only a few characters could end or turn into a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
