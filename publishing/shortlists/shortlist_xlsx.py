"""A shortlist as a spreadsheet: cover, table with units and bars, one sheet a basket, dictionary, sources.

Belongs here: the looks of the spreadsheet. Does not belong here: which rows pass (``shortlist``). Every text is
written as text: no cell can turn into a formula or a link, whatever a source says; the links are those of the bibliography.
"""

from __future__ import annotations

import datetime
import io
import math
from typing import Any

import pandas as pd
import xlsxwriter

from data_sources.contracts import Field
from data_sources.contracts.published.cited import BIBLIOGRAPHY
from data_sources.contracts.published.outputs import (
    BASKET_RANKS,
    BLOCK_EVIDENCE,
    ELEMENT_POTENTIAL,
    RANKED_BLOCKS,
    SAMPLE_NEXT,
    SITE_SHARES,
)
from data_sources.contracts.published.places import XLSX
from khanij.foundation.cells import is_known
from khanij.foundation.escaping import plain
from publishing.citations import entries_cited, link_of
from publishing.geopackage.reading import SAMPLE_MARK, records
from publishing.languages import ENGLISH, HINDI, in_hindi, say, unread
from publishing.shortlists.compared import extra_fields
from publishing.shortlists.shortlist import Shortlist
from publishing.words import KIND_WORDS, PROSPECT_WORDS, STATUS_WORDS, VALUE_WORDS

_BARS = {
    "score_mean": "#F2B99B",
    "p_top10": "#CDB8E0",
    "p_top20": "#CDB8E0",
    "p_pays": "#A9D3EE",
    "completeness_pct": "#BFE3BF",
}
_WIDE = {
    "name": 34,
    "explanation": 70,
    "sources": 50,
    "status_reason": 36,
    "top_elements": 26,
    "top_sites": 30,
    "missing": 30,
    "flags": 26,
}
CAVEATS = (
    "A rank is an order under stated inputs, within one kind of block; it is not a resource or a reserve.",
    "P10 is the low case and P90 the high case; rank P05 is the best place and rank P95 the worst.",
    "A blank is not known; it is never zero. A block that is not RANKED carries no rank.",
    "P(pays), net present value and needed price multiple are of the project with all its metals, after royalty and capital, before tax; the value of the basket's metals is never more.",
    "Values of blocks are alternatives: the market could not take all of them, so they are never added up.",
    "Knowledge classes are assigned by the project's rule; no source states a MEMC or UNFC class.",
)
_HINDI_SHEET = "शॉर्टलिस्ट (हिन्दी)"
_CODES = {"status": STATUS_WORDS, "kind": KIND_WORDS, "prospect": PROSPECT_WORDS, **VALUE_WORDS}
_COVER_CHARACTERS, _LINE_POINTS = 96, 15
_FIXED = datetime.datetime(2026, 1, 1)


def xlsx_bytes(shortlist: Shortlist, date: str = "") -> bytes:
    """The spreadsheet as bytes, the same for the same shortlist and date."""
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties(
        {
            "title": f"Shortlist - {shortlist.title}",
            "author": "Khanij",
            "comments": SAMPLE_MARK if shortlist.is_sample else "",
            "created": _FIXED,
        }
    )
    style = _Styles(book)
    _cover(book, style, shortlist, date)
    blocks = pd.DataFrame(shortlist.blocks.drop(columns="geometry"))
    shown = [*(f for f, _ in RANKED_BLOCKS.shown(XLSX)), *extra_fields(shortlist.rows)]
    _table(book, style, "Shortlist", blocks, shown, bars=True, mark=shortlist.is_sample)
    names = blocks.set_index("block_id")["name"]
    for basket in sorted(set(shortlist.baskets["basket"].dropna())):
        mine = shortlist.baskets[shortlist.baskets["basket"] == basket].sort_values(["kind", "rank"])
        mine = mine.assign(name=names.reindex(mine["block_id"]).to_numpy())
        fields = [
            BASKET_RANKS["rank"],
            RANKED_BLOCKS["name"],
            *(f for f in BASKET_RANKS.fields if f.name not in ("rank", "basket")),
        ]
        _table(book, style, basket[:31], mine, fields, bars=True, mark=shortlist.is_sample)
    _table(book, style, "Elements", shortlist.elements, list(ELEMENT_POTENTIAL.fields), mark=shortlist.is_sample)
    _table(book, style, "Sites", shortlist.shares, list(SITE_SHARES.fields), mark=shortlist.is_sample)
    _table(book, style, "Measure next", shortlist.advice, list(SAMPLE_NEXT.fields), mark=shortlist.is_sample)
    if len(shortlist.evidence):
        _table(book, style, "Ground", shortlist.evidence, list(BLOCK_EVIDENCE.fields), mark=shortlist.is_sample)
    _dictionary(book, style)
    _sources(book, style, shortlist)
    _bibliography(book, style, shortlist)
    _table(book, style, _HINDI_SHEET, blocks, shown, bars=True, mark=shortlist.is_sample, language=HINDI)
    for told in shortlist.scenarios()[:1]:
        for sheet in book.worksheets():
            # Of a footer's 255 characters some are taken by its marks; an & would be one.
            sheet.set_footer(f"&L&8{told[:200].replace('&', '&&')}&R&P of &N")
    book.close()
    return stream.getvalue()


class _Styles:
    """The few cell formats of the book."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        self.title = book.add_format({**base, "font_size": 18, "bold": True})
        self.bold = book.add_format({**base, "bold": True})
        self.text = book.add_format({**base})
        self.wrap = book.add_format({**base, "text_wrap": True})
        self.link = book.add_format({**base, "text_wrap": True, "font_color": "#0B57A4", "underline": 1})
        self.mark = book.add_format({**base, "font_size": 14, "bold": True, "font_color": "#B00020"})
        head = {
            **base,
            "bold": True,
            "bg_color": "#3B3A36",
            "font_color": "#FFFFFF",
            "text_wrap": True,
            "border": 1,
            "border_color": "#FFFFFF",
        }
        self.head = book.add_format({**head, "valign": "vcenter"})
        self.unit = book.add_format({**head, "bold": False, "italic": True, "bg_color": "#6B6961"})
        self.numbers = {
            "whole": book.add_format({**base, "num_format": "#,##0"}),
            "place": book.add_format({**base, "num_format": "General"}),  # 3, and 16.5 between two draws
            "one": book.add_format({**base, "num_format": "#,##0.0"}),
            "two": book.add_format({**base, "num_format": "#,##0.00"}),
            "share": book.add_format({**base, "num_format": "0%"}),
        }

    def number(self, field: Field) -> xlsxwriter.format.Format:
        """The number format of a column."""
        name = field.name
        if name in ("rank_p05", "rank_p50", "rank_p95"):
            return self.numbers["place"]
        if field.dtype == "integer" or name.endswith(
            ("_usd_p10", "_usd_p50", "_usd_p90", "_kg_p10", "_kg_p50", "_kg_p90", "_t_p50", "_t_mean")
        ):
            return self.numbers["whole"]
        if name.startswith("p_") or name in ("inside", "near", "revenue_share"):
            return self.numbers["share"]
        return self.numbers[
            "two" if name in ("price_multiple_needed", "recovery_needed", "plant_mtpa_p50", "distance_km") else "one"
        ]


def _cover(book: xlsxwriter.Workbook, style: _Styles, shortlist: Shortlist, date: str) -> None:
    sheet = book.add_worksheet("Cover")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, _COVER_CHARACTERS)
    row = 0
    sheet.write_string(row, 0, "Blocks of mine waste: shortlist", style.title)
    sheet.set_row(row, 28)
    if shortlist.is_sample:
        row += 1
        sheet.write_string(row, 0, SAMPLE_MARK, style.mark)
    facts = [
        ("Region", shortlist.title),
        *(("What pays, of the whole region", text) for text in shortlist.said()),
        *((say("brief.found", HINDI), text) for text in shortlist.said(HINDI)),
        (_HINDI_SHEET, unread(HINDI)),
        ("Date", date or "not stated; see the configuration below"),
        ("Shortlist", f"{shortlist.chosen.name}, version {shortlist.chosen.version}"),
        ("Filter", shortlist.chosen.described()),
        ("Blocks", str(len(shortlist.blocks))),
        ("Places are out of", shortlist.told_peers()),
        *(("Note", line) for line in shortlist.told()),
        *shortlist.verdicts().items(),
        *(("Not the default", told) for told in shortlist.scenarios()),
    ]
    for name, info in shortlist.runs.items():
        facts += [
            (
                f"{name}: configuration",
                info.get("configuration_sha256") or info.get("configuration_hash", "not stated"),
            ),
            (
                f"{name}: price deck, draws, seed",
                f"{info.get('price_deck', '?')}, {info.get('draws', '?')}, {info.get('seed', '?')}",
            ),
            (f"{name}: GeoPackage SHA-256", shortlist.files.get(name, "")),
        ]
    row += 2
    for label, text in facts:
        sheet.write_string(row, 0, plain(label), style.bold)
        sheet.write_string(row, 1, plain(text), style.wrap)
        _heighten(sheet, row, plain(text))
        row += 1
    row += 1
    sheet.write_string(row, 0, "Read this first", style.bold)
    for caveat in CAVEATS:
        sheet.write_string(row, 1, caveat, style.wrap)
        _heighten(sheet, row, caveat)
        row += 1
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)


def _heighten(sheet: Any, row: int, text: str) -> None:
    """A row as high as its lines: not every program heightens a row of wrapped text by itself."""
    sheet.set_row(row, _LINE_POINTS * max(1, math.ceil(len(text) / _COVER_CHARACTERS)))


def _table(
    book: xlsxwriter.Workbook,
    style: _Styles,
    name: str,
    frame: pd.DataFrame,
    fields: list[Field],
    *,
    bars: bool = False,
    mark: bool = False,
    language: str = ENGLISH,
) -> None:
    """A sheet: titles in the first row, units in the second (with the filters), both frozen.

    In another language than English the titles are in it, and codes are in its words.
    """
    sheet = book.add_worksheet(name)
    hindi = in_hindi("title.", "page.") if language == HINDI else {}
    sheet.set_row(0, 58)
    for row in range(2, len(frame) + 2):
        sheet.set_row(row, 30)
    for column, field in enumerate(fields):
        sheet.write_string(0, column, hindi.get(field.title, field.title), style.head)
        sheet.write_string(1, column, field.unit or "-", style.unit)
        width = _WIDE.get(field.name, 12 if field.dtype in ("float", "integer") else 18)
        sheet.set_column(column, column, width)
        values = frame[field.name].tolist()
        is_number = field.dtype in ("float", "integer")
        number_format = style.number(field)
        for row, value in enumerate(values, start=2):
            if not is_known(value):
                continue
            if is_number:
                sheet.write_number(row, column, float(value), number_format)
            elif field.dtype == "boolean":
                word = "yes" if value else "no"
                sheet.write_string(row, column, hindi.get(word, word), style.text)
            else:
                word = _CODES.get(field.name, {}).get(str(value), "") if hindi else ""
                sheet.write_string(row, column, hindi.get(word, plain(value)[:32_000]), style.wrap)
        if bars and field.name in _BARS and len(frame):
            top = 100 if field.name in ("score_mean", "completeness_pct") else 1
            sheet.conditional_format(
                2, column, len(frame) + 1, column,
                {"type": "data_bar", "bar_color": _BARS[field.name], "bar_solid": True, "min_type": "num", "max_type": "num", "min_value": 0, "max_value": top},
            )  # fmt: skip
    sheet.freeze_panes(2, min(3, len(fields) - 1))
    sheet.autofilter(1, 0, max(len(frame) + 1, 2), len(fields) - 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.repeat_rows(0, 1)
    names = [f.name for f in fields]
    # On paper up to the knowledge class; the long texts are for the screen, and in the dossier.
    last = names.index("knowledge_class") if "explanation" in names else len(fields) - 1
    sheet.print_area(0, 0, len(frame) + 1, last)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(
        f"&L{SAMPLE_MARK if mark else 'Khanij'}&CP10 is the low case; rank P05 is the best place&R&P of &N"
    )


def _dictionary(book: xlsxwriter.Workbook, style: _Styles) -> None:
    sheet = book.add_worksheet("Data dictionary")
    hindi = in_hindi("title.")
    for column, (title, width) in enumerate(
        (("Table", 20), ("Column", 28), ("Title", 34), ("Unit", 10), ("Meaning", 110), ("Title in Hindi", 40))
    ):
        sheet.write_string(0, column, title, style.head)
        sheet.set_column(column, column, width)
    row = 1
    for contract in (RANKED_BLOCKS, BASKET_RANKS, ELEMENT_POTENTIAL, SITE_SHARES, SAMPLE_NEXT, BLOCK_EVIDENCE):
        for field in contract.fields:
            told = (contract.title, field.name, field.title, field.unit, field.description, hindi.get(field.title, ""))
            for column, text in enumerate(told):
                sheet.write_string(row, column, text, style.wrap if column == 4 else style.text)
            row += 1
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, row - 1, 5)


def _sources(book: xlsxwriter.Workbook, style: _Styles, shortlist: Shortlist) -> None:
    sheet = book.add_worksheet("Sources")
    for column, (title, width) in enumerate((("Block", 20), ("Name", 40), ("Sources", 120))):
        sheet.write_string(0, column, title, style.head)
        sheet.set_column(column, column, width)
    blocks = shortlist.blocks
    for row, (block, name, text) in enumerate(zip(blocks["block_id"], blocks["name"], blocks["sources"]), start=1):
        for column, value in enumerate((block, name, text)):
            sheet.write_string(row, column, plain(value)[:32_000], style.wrap)
    sheet.freeze_panes(1, 1)


def _bibliography(book: xlsxwriter.Workbook, style: _Styles, shortlist: Shortlist) -> None:
    """The texts that the listed blocks cite: those that no other block cites are left out."""
    cited: dict[str, list[str]] = {}
    entries = {}
    for block in records(pd.DataFrame(shortlist.blocks.drop(columns="geometry"))):
        for entry in entries_cited(block, records(shortlist.bibliography)):
            cited.setdefault(entry.source_id, []).append(block.block_id)
            entries[entry.source_id] = entry
    if not entries:
        return
    sheet = book.add_worksheet("Bibliography")
    heads = [*((f.title, f.name) for f in BIBLIOGRAPHY.fields), ("Cited by", "")]
    for column, ((title, _), width) in enumerate(zip(heads, (9, 60, 34, 12, 60, 16, 22, 60))):
        sheet.write_string(0, column, title, style.head)
        sheet.set_column(column, column, width)
    for row, (source_id, entry) in enumerate(sorted(entries.items()), start=1):
        for column, (_, name) in enumerate(heads):
            value = plain(getattr(entry, name)) if name else ", ".join(cited[source_id])
            if name == "link" and link_of(entry):
                sheet.write_url(row, column, link_of(entry), style.link, string=value)
            else:
                sheet.write_string(row, column, value[:32_000], style.wrap)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(entries), len(heads) - 1)
