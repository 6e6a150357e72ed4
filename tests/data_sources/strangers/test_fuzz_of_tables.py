"""Damaged tables of every new kind: a clear error or rows that add up, soon; ``KHANIJ_LONG=1`` takes ten thousand."""

from __future__ import annotations

import io
import os
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from strangers import old_workbook, strict, workbook
from test_doors_of_tables import DAT, DFN, ods

from data_sources.contracts import KhanijError
from data_sources.readers.survey import read_layer

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks" / "faults"))
from fuzz_inputs import damage

INPUTS = 10_000 if os.environ.get("KHANIJ_LONG") else 1_000
LONGEST_S = 20.0
SAMPLES = [
    ["sample_id", "toposheet", "longitude", "latitude", "ME-ICP61_Cu_ppm", "Cu_pct_OG46", "Zn_ppm", "SiO2_pct"],
    ["58E10/1", "58E10", 76.5, 14.5, ">10000", 1.45, 70, 0.61], ["007", "58E10", 76.6, 14.6, "35", None, "<5", 0.62],
    ["1E3", "58E14", "76°42'", "14,7", "0.35 %", None, "1,250", 0.6], ["S4", None, 76.8, 14.8, "33", None, "BDL", 0.6],
]  # fmt: skip
LONG = "sample_no\tlongitude\tlatitude\telement\tvalue\tunit\n" + "".join(
    f"S{i}\t76.{i + 1}\t14.5\t{e}\t{v}\t{u}\n"
    for i in range(4)
    for e, v, u in [("Cu", "35", "ppm"), ("Gold", "<5", "ppb"), ("SiO2", "61,5", "%")]
)
UNITS = "sample_id;longitude;latitude;Cu;Au\n;deg;deg;ppm;ppb\nS1;76,5;14,5;1,250;2\nS2;76,6;14,6;1,5;3\nS3;76,7;14,7;31;4\n"
LEASES = (
    'lease_no;राज्य;WKT\nL1;मध्य प्रदेश;"POLYGON ((76 14, 76.1 14, 76.1 14.1, 76 14))"\nL2;MP;"SRID=4326;POINT EMPTY"\n'
)


@dataclass(frozen=True)
class Kind:
    """One kind of input: its file, the layer that it is read as, and whether what is damaged lies inside a zip."""

    file: str
    layer: str
    data: bytes
    zipped: bool = False
    beside: tuple[str, str] | None = None


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> list[Kind]:
    folder = tmp_path_factory.mktemp("good")
    book = workbook(folder / "s.xlsx", SAMPLES, {"H2": "0.00%", "G2": '"<"0', "F2": "0.0,"})
    made: list[tuple[Path, str, bool]] = [
        (book, "stream_sediments", False), (book, "stream_sediments", True), (strict(book), "stream_sediments", True),
        (old_workbook(folder / "s.xls", SAMPLES, {(1, 7): "0.00%"}), "stream_sediments", False), (ods(folder / "s.ods", [[c if c is not None else "" for c in r] for r in SAMPLES]), "stream_sediments", True),
    ]  # fmt: skip
    out = [Kind(p.name, layer, p.read_bytes(), z) for p, layer, z in made]
    out += [
        Kind("long.tsv", "stream_sediments", LONG.encode()), Kind("units.csv", "stream_sediments", UNITS.encode()),
        Kind("leases.csv", "mining_leases", LEASES.encode()), Kind("s.dat", "stream_sediments", DAT.encode(), beside=("s.dfn", DFN)),
        Kind("s.dfn", "stream_sediments", DFN.encode(), beside=("s.dat", DAT)),
    ]  # fmt: skip
    return out


def damaged(kind: Kind, chance: random.Random) -> bytes:
    """The file with some of its bytes changed; of a zip one member, so that a reader gets to see it."""
    if not kind.zipped:
        return damage(kind.data, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(kind.data)) as source, zipfile.ZipFile(out, "w") as target:
        names = [n for n in source.namelist() if n.endswith(".xml")]
        hit = chance.choice([n for n in names if "sheet" in n or "content" in n or "Strings" in n or "styles" in n])
        for name in source.namelist():
            target.writestr(name, damage(source.read(name), chance) if name == hit else source.read(name))
    return out.getvalue()


def outcome(kind: Kind, data: bytes, folder: Path, read: Callable[..., object] = read_layer) -> str:
    path = folder / kind.file
    path.write_bytes(data)
    if kind.beside:
        (folder / kind.beside[0]).write_text(kind.beside[1])
    began = time.monotonic()
    try:
        got = read(path, kind.layer)
    except KhanijError as error:
        return "clear error" if str(error).strip() else "an error without words"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    if time.monotonic() - began > LONGEST_S:
        return "took too long"
    report = got.report  # type: ignore[attr-defined]
    return "read" if report["rows_in"] == report["rows_kept"] + report["rows_quarantined"] else "rows do not add up"


@pytest.mark.filterwarnings("ignore")
def test_damaged_tables_end_in_a_clear_error_or_in_rows_that_add_up(kinds: list[Kind], tmp_path: Path) -> None:
    found: dict[str, Counter[str]] = {}
    faults = []
    for number in range(INPUTS):
        kind = kinds[number % len(kinds)]
        told = outcome(kind, damaged(kind, random.Random(f"tables/{number}")), tmp_path)
        found.setdefault(f"{kind.file} {kind.zipped}", Counter())[told] += 1
        if told not in ("read", "clear error"):
            faults.append((number, kind.file, told))
    assert faults == []
    never = {name for name, counts in found.items() if not counts["read"]}
    assert never <= {"s.xlsx False"}, "only a zip's own sum finds every change"


def test_the_good_files_are_read(kinds: list[Kind], tmp_path: Path) -> None:
    assert [outcome(kind, kind.data, tmp_path) for kind in kinds] == ["read"] * 10
