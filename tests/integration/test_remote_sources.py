"""Remote sources in Dagster, from a server on loopback to the ranked blocks: fetched when due, re-made where changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import yaml
from servers import QuietServer

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
PONDS = [
    {"type": "way", "id": 1, "lat": 24.351, "lon": 73.7305, "tags": {"name": "Zawar tailings"}},
    {"type": "way", "id": 2, "lat": 25.0, "lon": 75.0, "tags": {"name": "A pond of nobody"}},
]
OCCURRENCES = "place,mineral,state,longitude,latitude\na,Copper,Rajasthan,74.5,24.9\nb,Gold,Rajasthan,75.1,25.2\n"


class Server:
    """Answers /ponds (JSON) and /points (CSV, with an ETag); what it answers can be changed, or taken away."""

    def __init__(self) -> None:
        self.bodies = {"/ponds": json.dumps({"elements": PONDS}), "/points": OCCURRENCES}
        self.asked: list[str] = []
        self.at_once, self.most_at_once = 0, 0
        self.down = False
        owner, guard = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                with guard:
                    owner.asked.append(path)
                    owner.at_once += 1
                    owner.most_at_once = max(owner.most_at_once, owner.at_once)
                body = owner.bodies[path].encode()
                tag = f'"{zlib.crc32(body)}"'
                if owner.down:
                    self.send_response(403)
                    body = b""
                elif self.headers.get("If-None-Match") == tag:
                    self.send_response(304)
                    body = b""
                else:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json" if path == "/ponds" else "text/csv")
                    self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                with guard:
                    owner.at_once -= 1

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    """A user's region whose ponds and occurrences come from the server, by two cards of the user's own."""
    home = tmp_path_factory.mktemp("khanij")
    common = {
        "publisher": "P",
        "licence": "L",
        "redistribute": "no",
        "citation": "C",
        "freshness": 7,
        "crs": "EPSG:4326",
    }
    cards = {
        "my_ponds": {"title": "Ponds on loopback", "protocol": "http_json", "url": f"{server.address}/ponds",
                     "records_path": "elements", "options": {"x": "lon", "y": "lat"}},
        "my_points": {"title": "Occurrences on loopback", "protocol": "http_csv", "url": f"{server.address}/points",
                      "contract": "occurrences", "field_map": {"mineral": "commodity", "place": "name"},
                      "options": {"x": "longitude", "y": "latitude"}},
    }  # fmt: skip
    region = {
        "name": "far_away", "title": "Far away", "description": "Its sources are on a server.",
        "extent_deg": [72.0, 23.0, 77.0, 27.0],
        "crs": "+proj=aea +lat_1=23.7 +lat_2=26.3 +lat_0=25 +lon_0=74.5 +datum=WGS84 +units=m +no_defs",
        "units": ["waste_block"],
        "layers": {"occurrences": {"card": "my_points"}},
        "waste": {"card": "embedded_register", "sources": [{"card": "my_ponds", "kind": "osm"}]},
        "ranking": {"basket": "critical_30", "price_deck": "2025e", "draws": 200},
    }  # fmt: skip
    for folder in ("cards", "regions", "dagster"):
        (home / folder).mkdir()
    for name, card in cards.items():
        (home / "cards" / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, **common, **card}))
    (home / "regions" / "far_away.yaml").write_text(yaml.safe_dump(region))
    # A second region uses one of the two: whoever runs the whole job for it asks that one alone.
    beside = region | {
        "name": "next_door",
        "layers": {"occurrences": {"card": "my_points"}},
        "waste": {"card": "embedded_register"},
    }
    (home / "regions" / "next_door.yaml").write_text(yaml.safe_dump(beside))
    return home


@pytest.fixture(scope="module")
def dagster(home: Path) -> Iterator[subprocess.Popen[str]]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {
        "KHANIJ_HOME": str(home), "KHANIJ_CACHE": str(home / "cache"), "KHANIJ_CARDS": str(home / "cards"),
        "KHANIJ_REGIONS": str(home / "regions"), "DAGSTER_HOME": str(home / "dagster"),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("remote_driver.py"))],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(home / "stderr").open("w"), text=True,
    )  # fmt: skip
    yield process
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=60)


def ask(process: subprocess.Popen[str], command: str) -> dict:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(command + "\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("ANSWER "):
            return json.loads(line.removeprefix("ANSWER "))
    raise AssertionError("the driver ended; see its stderr")


def test_the_graph_shows_servers_policies_and_what_is_made_from_what(dagster, server):
    seen = ask(dagster, "graph")
    pool = f"server/{server.address.removeprefix('http://')}"
    assert seen["pools"] == {"archive/my_points": [pool], "archive/my_ponds": [pool]}, "one client a server"
    assert all(n >= 3 for n in seen["retries"].values()) and all(seen["fresh"].values())
    assert seen["upstream"] == {
        "occurrences": ["archive/my_points"], "waste_inventory": ["archive/my_ponds"], "faults": [],
    }  # fmt: skip
    assert seen["schedules"] == ["nightly_fetch"], "one for all regions"
    assert seen["zones"] == ["Asia/Kolkata"]


def test_a_week_of_nights(dagster, server):
    """Fetched, ranked; nothing due, nothing made; due and unchanged, nothing made; changed, exactly that is re-made."""
    first = ask(dagster, "nightly_fetch")
    assert first["success"] and first["made"] == ["archive/my_points", "archive/my_ponds"], first["error"]
    assert first["changed"] == {"archive/my_points": True, "archive/my_ponds": True}
    assert first["run_tags"]["khanij/fetch"] == "far_away" and first["run_tags"]["khanij/product"] == "archive"
    ranked = ask(dagster, "nightly")
    assert ranked["success"] and "ranked_blocks" in ranked["made"], ranked["error"]
    assert "within its freshness" in ask(dagster, "nightly_fetch")["skipped"]
    assert "nothing has changed" in ask(dagster, "nightly")["skipped"]

    ask(dagster, "old")
    asked = len(server.asked)
    again = ask(dagster, "nightly_fetch")
    assert again["success"] and set(again["changed"].values()) == {False} and again["versions"] == first["versions"]
    assert len(server.asked) == asked + 2, "each source was asked, conditionally"
    assert "nothing has changed" in ask(dagster, "nightly")["skipped"]

    ask(dagster, "old")
    before = ask(dagster, "landing")
    pond = {"type": "way", "id": 3, "lat": 25.5, "lon": 75.5, "tags": {"name": "A new pond"}}
    server.bodies["/ponds"] = json.dumps({"elements": [*PONDS, pond]})
    changed = ask(dagster, "nightly_fetch")
    assert changed["changed"] == {"archive/my_points": False, "archive/my_ponds": True}
    assert changed["versions"]["archive/my_points"] == first["versions"]["archive/my_points"]
    after = ask(dagster, "landing")
    assert after["waste.my_ponds"] != before["waste.my_ponds"], "the sensor on the archive sees it too"
    night = ask(dagster, "nightly")
    assert night["success"] and {"waste_inventory", "blocks", "assessment", "ranked_blocks"} <= set(night["made"])
    assert not {"occurrences", "faults", "stream_sediments"} & set(night["made"]), "what did not change is not made"
    assert "nothing has changed" in ask(dagster, "nightly")["skipped"]


def test_a_source_that_shuts_its_door_leaves_what_is_here(dagster, server):
    ask(dagster, "old")
    server.down = True
    failed = ask(dagster, "nightly_fetch")
    server.down = False
    assert not failed["success"] and any("What was in the archive stays" in e for e in failed["error"])
    assert "nothing has changed" in ask(dagster, "nightly")["skipped"], "the old data still stand"
    assert ask(dagster, "nightly_fetch")["success"], "still due, so the next night asks again"


def test_the_job_runs_as_the_daemon_launches_it(dagster, server, home):
    """In several processes, with the pools of the instance; the job's own executor, not the test's."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {
        "KHANIJ_HOME": str(home), "KHANIJ_CACHE": str(home / "other"), "KHANIJ_CARDS": str(home / "cards"),
        "KHANIJ_REGIONS": str(home / "regions"), "DAGSTER_HOME": str(home / "dagster"),
    }  # fmt: skip
    command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "fetch_sources"]
    outcome = subprocess.run(
        [*command, "--tags", '{"dagster/partition": "next_door"}'],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert [p.name for p in (home / "other" / "archive" / "manifests").iterdir()] == ["my_points"]


def test_one_client_a_server(server):
    assert server.most_at_once == 1
