"""Dossiers: one PDF per block (two A4 pages, one where there is little to say), a combined one, and the PDF of a shortlist.

Belongs here: which pages are made and where they are written. Does not belong here: what stands on a page
(``dossier_pages``).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd

from khanij.foundation.errors import MissingSourceError
from khanij.foundation.files import PublishedFile, sha256_of, write_bytes_atomically
from publishing.dossiers.dossier_figures import Book
from publishing.dossiers.dossier_pages import pages_of
from publishing.dossiers.list_pages import list_pages
from publishing.geopackage.reading import SAMPLE_MARK, no_such_block, read_layer, read_table, records, run_info
from publishing.pdf.figure_pages import FigurePages, bound
from publishing.sets.snapshot import one_set_of
from publishing.shortlists.shortlist import Shortlist

# The core fonts of PDF are in every reader: small files, and no font to subset for each of a hundred blocks.
_LOOK: dict[Any, Any] = {
    "font.family": "Helvetica",
    "font.size": 8.5,
    "pdf.use14corefonts": True,
    "pdf.compression": 6,
    "axes.linewidth": 0.6,
    "text.parse_math": False,
}


def book_of(gpkg: Path | str) -> Book:
    """All that dossiers of one GeoPackage need, read once."""
    blocks = read_layer(gpkg, "ranked_blocks")
    counts = blocks[blocks["rank"].notna()].groupby("kind").size()
    return Book(
        blocks=blocks,
        sites=read_layer(gpkg, "waste_sites"),
        shares=read_table(gpkg, "site_shares"),
        elements=read_table(gpkg, "element_potential"),
        advice=read_table(gpkg, "sample_next"),
        evidence=read_table(gpkg, "block_evidence"),
        states=read_layer(gpkg, "state_labels"),
        info=run_info(gpkg),
        peers={("", str(kind)): int(n) for kind, n in counts.items()},
        moves=read_table(gpkg, "what_moves"),
        bibliography=read_table(gpkg, "bibliography"),
    )


def write_dossiers(
    gpkg: Path | str, block_ids: Sequence[str], folder: Path | str, *, each: bool = True, combined: bool = True
) -> list[PublishedFile]:
    """Write a two-page PDF per block as ``<block_id>.pdf``, and all of them in ``dossiers.pdf``.

    Raises
    ------
    MissingSourceError : a block that the GeoPackage does not hold.
    """
    with one_set_of([Path(gpkg)]):
        book = book_of(gpkg)
    known = {r.block_id: r for r in records(pd.DataFrame(book.blocks.drop(columns="geometry")))}
    missing = [b for b in block_ids if b not in known]
    if missing:
        raise no_such_block(gpkg, missing, known)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    out: list[PublishedFile] = []
    drawn: list[bytes] = []
    with _Look():
        for block_id in block_ids:
            single = FigurePages(_described(f"{block_id} - {book.info.get('title', '')}", book))
            for figure in pages_of(book, known[block_id]):
                single.savefig(figure)
            drawn.append(single.content())
            if each:
                out.append(_put(folder / f"{_file_name(block_id)}.pdf", drawn[-1]))
    if combined and block_ids:
        # Bound from what is drawn already: to draw a page takes ten times as long.
        content = bound(drawn, _described(f"Dossiers - {book.info.get('title', '')}", book))
        out.append(_put(folder / "dossiers.pdf", content))
    return out


def book_of_shortlist(shortlist: Shortlist) -> Book:
    """All that the dossiers of a shortlist need."""
    return Book(
        blocks=shortlist.blocks,
        sites=shortlist.sites,
        shares=shortlist.shares,
        elements=shortlist.elements,
        advice=shortlist.advice,
        evidence=shortlist.evidence,
        states=None,
        info=next(iter(shortlist.runs.values()), {}) | {"title": shortlist.title},
        peers=shortlist.peers,
        bibliography=shortlist.bibliography,
    )


def write_shortlist_pdf(shortlist: Shortlist, path: Path, date: str = "") -> PublishedFile:
    """Write a shortlist as one PDF: the list, then two pages for every block."""
    book = book_of_shortlist(shortlist)
    with _Look():
        pdf = FigurePages(_described(f"Shortlist {shortlist.chosen.name} - {shortlist.title}", book))
        for figure in list_pages(shortlist, date):
            pdf.savefig(figure)
        for record in records(pd.DataFrame(shortlist.blocks.drop(columns="geometry"))):
            for figure in pages_of(book, record):
                pdf.savefig(figure)
        content = pdf.content()
    return _put(path, content)


def _file_name(block_id: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in block_id)


def _described(title: str, book: Book) -> dict[str, str | None]:
    mark = f"{SAMPLE_MARK} - " if book.is_sample else ""
    # No date in the file: the same content gives the same bytes.
    return {"Title": mark + title, "Author": "Khanij", "CreationDate": None, "ModDate": None, "Producer": None, "Creator": None}  # fmt: skip


def _put(path: Path, content: bytes) -> PublishedFile:
    changed = write_bytes_atomically(path, content)
    return PublishedFile(path, sha256_of(path), len(content), changed)


class _Look:
    """Matplotlib with the dossier's look, and without its remarks on fonts."""

    def __enter__(self) -> None:
        self._rc = matplotlib.rc_context(_LOOK)
        self._rc.__enter__()
        self._logger = logging.getLogger("matplotlib.font_manager")
        self._level = self._logger.level
        self._logger.setLevel(logging.ERROR)
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        # What the core fonts lack is laid over the page in a font that has it; matplotlib only measures it.
        warnings.filterwarnings("ignore", message=".*([Gg]lyph|findfont).*")

    def __exit__(self, *error: object) -> None:
        self._logger.setLevel(self._level)
        self._warnings.__exit__(*error)  # type: ignore[arg-type]
        self._rc.__exit__(*error)  # type: ignore[arg-type]


def top_block_ids(gpkg: Path | str, n: int) -> list[str]:
    """Identifiers of the first ``n`` ranked blocks of the primary ranking; where none is ranked, by fertility.

    Raises
    ------
    MissingSourceError : nothing is ranked, nor listed by fertility.
    """
    from publishing.explain import top_blocks

    chosen = top_blocks(gpkg, None, n)
    if not chosen:
        raise MissingSourceError(
            "no block is ranked, so none is the first", file=gpkg, layer="ranked_blocks", field="rank",
            do="name blocks, or choose them: khanij dossier --region R --status all --top 5",
        )  # fmt: skip
    return [b.block_id for b in chosen]
