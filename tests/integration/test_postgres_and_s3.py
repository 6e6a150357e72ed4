"""The production profile by configuration alone: PostgreSQL for Dagster, S3 for what passes between the assets."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from production_servers import PASSWORD, khanij, postgres, postgres_missing, s3

ROOT = Path(__file__).resolve().parents[2]
SESSIONS_OF_NEW_BOOKS = 50  # Dagster makes its tables with a connection a step, before any run
RUN = ["run", "--region", "india", "--top", "1"]

pytestmark = pytest.mark.integration


def home(folder: Path, **more: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    return {"KHANIJ_HOME": str(folder), **more}


def sent(folder: Path) -> list[str]:
    """What the object store has sent so far: one line of its log a download of an object, but for lists and tags."""
    log = (folder / "moto.log").read_text(encoding="utf-8")
    keys = re.findall(r"GET /khanij/(\S+) HTTP", log)
    return [key for key in keys if not key.endswith(("/manifest.json", "/checks.json", "/.seal.json"))]


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "output" / "india" / "ranked_blocks.gpkg").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> str:
    """The bytes that the embedded profile publishes."""
    folder = tmp_path_factory.mktemp("embedded")
    done = khanij(RUN, home(folder))
    assert done.returncode == 0, done.stderr
    return digest(folder)


@pytest.mark.skipif(bool(postgres_missing()), reason=postgres_missing() or "there")
def test_postgresql_and_s3_give_the_same_bytes_and_show_no_secret(tmp_path, embedded):
    with postgres(tmp_path) as database, s3(tmp_path) as bucket:
        dagster_home = tmp_path / "dagster"
        dagster_home.mkdir()
        shutil.copy(ROOT / "deploy" / "dagster.yaml", dagster_home)
        environment = home(
            tmp_path / "home",
            DAGSTER_HOME=str(dagster_home),
            KHANIJ_STORE="s3://khanij/store",
            **database.environment,
            **bucket,
        )
        first = khanij(RUN, environment)
        assert first.returncode == 0, first.stderr
        assert digest(tmp_path / "home") == embedded
        before = len(sent(tmp_path))
        asked = re.findall(r"HEAD /khanij/(\S+) HTTP", (tmp_path / "moto.log").read_text(encoding="utf-8"))
        assert asked == [], "an object is not asked for before it is read"
        assert before, "the first run reads what it stored"
        again = khanij(RUN, environment)
        assert "nothing was made" in again.stdout, again.stdout + again.stderr
        # The plan downloads no object; what the last run said of itself is read to be said again.
        assert {key for key in sent(tmp_path)[before:] if not key.startswith("store/india/published_set/")} == set()

        import psycopg2

        with psycopg2.connect(
            host="127.0.0.1", port=database.port, user="khanij", password=PASSWORD, dbname="khanij"
        ) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT status, count(*) FROM runs GROUP BY status")
            assert cursor.fetchall() == [("SUCCESS", 1)]
            cursor.execute("SELECT count(*) FROM event_logs")
            ((events,),) = cursor.fetchall()
            cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = 'khanij'")
            ((sessions,),) = cursor.fetchall()
            assert sessions - SESSIONS_OF_NEW_BOOKS < 60 < events / 4, (
                "a run keeps its connections, it makes none for every event"
            )
            cursor.execute("SELECT count(*) FROM event_logs WHERE event LIKE %s", (f"%{PASSWORD}%",))
            assert cursor.fetchone() == (0,)
        assert not list(dagster_home.rglob("*.db")), "nothing is kept in SQLite"
        assert not (tmp_path / "home" / ".khanij" / "store").exists(), "nothing is kept on the local disk"
        for text in (first.stdout, first.stderr, again.stdout, again.stderr):
            assert PASSWORD not in text
        for file in [*dagster_home.rglob("*"), *(tmp_path / "home").rglob("*")]:
            if file.is_file():
                assert PASSWORD.encode() not in file.read_bytes(), file


STORE_SCRIPT = """
import json, sys
import pandas as pd
from pipelines.stores.io_managers import BundleStore, CorruptIntermediateError
store = BundleStore("s3://khanij/fuzz")
bundle = {"frame": pd.DataFrame({"a": [1.5, None]}), "report": {"rows": 2}}
first = store.save("asset", "region", bundle, "f1")
out = {"intact": store.intact("asset", "region"), "same": store.save("asset", "region", bundle, "f1") == first}
out["planned_without_downloads"] = "GET /khanij/fuzz/region/asset/report.json" not in open(sys.argv[1]).read()
out["back"] = store.load("asset", "region")["report"]
path = store.folder("asset", "region") / "frame.parquet"
good = path.read_bytes(); data = bytearray(good); data[len(data) // 2] ^= 0xFF; path.write_bytes(bytes(data))
out["found"] = not store.intact("asset", "region")
report = store.folder("asset", "region") / "report.json"
path.write_bytes(good); report.write_bytes(report.read_bytes().replace(b"2", b"3"))
out["found_of_its_size"] = not store.intact("asset", "region")
path.write_bytes(bytes(data))
try:
    store.load("asset", "region"); out["refused"] = False
except CorruptIntermediateError:
    out["refused"] = True
store.save("empty", "region", {}, "f0")
out["empty"] = store.load("empty", "region") == {}
store.save("asset", "region", {"report": {"rows": 3}}, "f2")
out["left"] = sorted(p.name for p in store.folder("asset", "region").iterdir())
print(json.dumps(out))
"""


PLAN_SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from assets.workspace import Workspace
from pipelines.incremental import order, stale_assets
from pipelines.stores.io_managers import BundleStore
from tests.pipelines.current_region import make_current
home, log, region = Path(sys.argv[2]), Path(sys.argv[3]), "karnataka_andhra"
data = home / "data" / "ngdr_karnataka_andhra"
data.mkdir(parents=True)
(data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\\n")
workspace = Workspace(output_root=str(home / "out"), cache_root=str(home / "cache"), data_root=str(home / "data"))
store = BundleStore("s3://khanij/store")
make_current(region, workspace, store)
before = len(log.read_text().splitlines())
out = {"stale": stale_assets(region, workspace, store), "assets": len(order())}
asked = [line for line in log.read_text().splitlines()[before:] if "GET /khanij/" in line]
out["small"], out["values"] = sum("manifest.json" in a for a in asked), [a for a in asked if "value.json" in a]
path = store.folder("blocks", region) / "value.json"
path.write_bytes(path.read_bytes().replace(b"blocks", b"blocky"))
out["changed"] = "blocks" in stale_assets(region, workspace, store)
print(json.dumps(out))
"""


def test_a_plan_of_a_current_region_downloads_no_object(tmp_path):
    """Counted by the server itself; an object that changed without changing its size is found all the same."""
    with s3(tmp_path) as bucket:
        done = subprocess.run(
            [sys.executable, "-c", PLAN_SCRIPT, str(ROOT), str(tmp_path / "home"), str(tmp_path / "moto.log")],
            env={**os.environ, **bucket},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["stale"] == [] and told["assets"] > 15 and told["small"] >= told["assets"], "manifests are read"
        assert told["values"] == [], "and nothing else"
        assert told["changed"]


PRUNE_SCRIPT = """
import json, time
import pandas as pd
from upath import UPath
from pipelines.stores.io_managers import BundleStore
from pipelines.upkeep.pruning import DAY_S, leftovers
store = BundleStore("s3://khanij/store")
for asset in ("blocks", "an_asset_of_long_ago"):
    store.save(asset, "india", {"report": {"rows": 2}}, "f")
BundleStore("s3://khanij/store/.scenarios/gone").save("blocks", "india", {"report": {}}, "f")
found = list(leftovers(90, now=time.time() + 200 * DAY_S))
out = {"young": [f.name for f in leftovers(90)], "found": [f.name for f in found], "sizes": all(f.bytes > 100 for f in found)}
out["removed"] = all(f.remove() for f in found)
out["left"] = sorted(k for k in UPath("s3://khanij/store").fs.find("khanij/store") if k.endswith("report.json"))
print(json.dumps(out))
"""


def test_what_is_left_over_on_an_object_store_is_found_and_removed(tmp_path):
    with s3(tmp_path) as bucket:
        environment = {"KHANIJ_HOME": str(tmp_path / "home"), "KHANIJ_STORE": "s3://khanij/store"}
        done = subprocess.run(
            [sys.executable, "-c", PRUNE_SCRIPT],
            env={**os.environ, **bucket, **environment},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        root = "s3://khanij/store"
        assert json.loads(done.stdout) == {
            "young": [], "sizes": True, "removed": True, "left": ["khanij/store/india/blocks/report.json"],
            "found": [f"{root}/.scenarios/gone", f"{root}/india/an_asset_of_long_ago"],
        }  # fmt: skip


def test_the_store_keeps_its_promises_on_an_object_store(tmp_path):
    with s3(tmp_path) as bucket:
        done = subprocess.run(
            [sys.executable, "-c", STORE_SCRIPT, str(tmp_path / "moto.log")],
            env={**os.environ, **bucket},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            "intact": True, "empty": True, "back": {"rows": 2}, "same": True, "found": True, "refused": True,
            "planned_without_downloads": True, "found_of_its_size": True,
            "left": [".seal.json", "manifest.json", "report.json"],
        }  # fmt: skip
