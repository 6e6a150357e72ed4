"""The files of a shortlist: which formats there are, writing them, and the one of rows alone, CSV.

Belongs here: one call a format. Does not belong here: maps (``shortlist_maps``), the spreadsheet (``shortlist_xlsx``), the
dossier's pages; nor their libraries at the top, for a list on the terminal or in a CSV needs none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from data_sources.contracts import PublishingError
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from khanij.foundation.cells import is_known
from khanij.foundation.escaping import csv_cell
from khanij.foundation.files import PublishedFile, sha256_of, write_bytes_atomically
from publishing.geopackage.reading import SAMPLE_MARK
from publishing.shortlists.compared import extra_fields
from publishing.shortlists.shortlist import REGION_FIELD, Shortlist, nothing_passes

FORMATS = ("xlsx", "csv", "gpkg", "geojson", "kml", "pdf")


def check_formats(formats: Sequence[str]) -> None:
    """Refuse a format that a shortlist cannot be written in.

    Raises
    ------
    PublishingError : an unknown format.
    """
    unknown = [f for f in formats if f not in FORMATS]
    if unknown:
        raise PublishingError(f"no format {', '.join(unknown)}", field="format", do=f"choose of {', '.join(FORMATS)}")


def write_shortlist(
    shortlist: Shortlist, formats: Sequence[str], folder: Path | str, date: str = ""
) -> dict[str, PublishedFile]:
    """Write a shortlist in the formats asked for, as ``<name>.<format>``; each file whole or not at all.

    Parameters
    ----------
    formats : of ``xlsx``, ``csv``, ``gpkg``, ``geojson``, ``kml``, ``pdf``.
    date : the date to print; empty prints none, and the bytes depend on nothing but the shortlist.

    Raises
    ------
    PublishingError : an unknown format, or nothing that passes the filter.
    """
    check_formats(formats)
    if not shortlist.rows:
        raise nothing_passes(shortlist)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    out: dict[str, PublishedFile] = {}
    for kind in formats:
        path = folder / f"{shortlist.chosen.name}.{kind}"
        if kind == "gpkg":
            from publishing.shortlists.shortlist_maps import write_gpkg

            out[kind] = write_gpkg(shortlist, path)
        elif kind == "pdf":
            from publishing.dossiers.dossier import write_shortlist_pdf

            out[kind] = write_shortlist_pdf(shortlist, path, date)
        else:
            data = _content(kind, date)(shortlist)
            changed = write_bytes_atomically(path, data)
            out[kind] = PublishedFile(path, sha256_of(path), len(data), changed)
    return out


def _content(kind: str, date: str) -> Callable[[Shortlist], bytes]:
    """What makes the bytes of a format."""
    if kind == "csv":
        return csv_bytes
    if kind == "xlsx":
        from publishing.shortlists.shortlist_xlsx import xlsx_bytes

        return lambda shortlist: xlsx_bytes(shortlist, date)
    from publishing.shortlists.shortlist_maps import geojson_bytes, kml_bytes

    return geojson_bytes if kind == "geojson" else kml_bytes


def csv_bytes(shortlist: Shortlist) -> bytes:
    """All published columns, one header row of column names; texts that could be formulas are disarmed."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    fields = [REGION_FIELD, *RANKED_BLOCKS.fields, *extra_fields(shortlist.rows)]
    writer.writerow([*(f.name for f in fields), "remark"])
    remark = SAMPLE_MARK if shortlist.is_sample else "P10 is the low case; rank P05 is the best place"
    remark = "; ".join([*shortlist.scenarios(), remark])
    for row in shortlist.rows:
        cells = [(csv_cell if f.dtype == "string" else _number_cell)(getattr(row, f.name)) for f in fields]
        writer.writerow([*cells, remark])
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def _number_cell(value: object) -> str:
    if not is_known(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{float(value):.9g}"  # type: ignore[arg-type]
