"""A fetch that is killed and taken up again gives the archive of an undisturbed one, byte for byte."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from servers.fault_proxy import FaultProxy, Reply, Request

from data_sources.cards import Card
from data_sources.connectors.archive import Archive
from data_sources.connectors.in_archive import Fetched
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import ClientSettings, UnreachableError

FAST = ClientSettings(per_second=2000, backoff_s=0.01, attempts=2, read_s=30)
CARD = {
    "name": "killed",
    "title": "T",
    "publisher": "P",
    "licence": "L",
    "redistribute": "no",
    "citation": "C",
    "protocol": "wfs",
    "layer": "samples",
    "params": {"outputFormat": "geojson"},
    "page_size": 4,
}
CHILD = """
import sys
from data_sources.cards import Card
from data_sources.connectors.archive import Archive
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import ClientSettings
card = Card.model_validate_json(sys.argv[1])
fetch(card, Archive(sys.argv[2]), settings=ClientSettings(per_second=2000, read_s=30))
"""


def bytes_of(root: Path) -> dict[str, str]:
    files = sorted(p for p in root.rglob("*") if p.is_file())
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def card(proxy: FaultProxy) -> Card:
    return Card.model_validate({**CARD, "url": f"{proxy.url}/cgi-bin/ms.cgi"})


@pytest.mark.parametrize("stop_at", [2, 6, 10])
def test_kill_and_fetch_again_give_the_archive_of_an_undisturbed_fetch(
    upstream: str, tmp_path: Path, stop_at: int
) -> None:
    reached, release = threading.Event(), threading.Event()

    def hold(request: Request, _: Reply) -> Reply | None:
        if request.number == stop_at and not release.is_set():
            reached.set()
            release.wait(60)
        return None

    with FaultProxy(upstream, hold) as proxy:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, card(proxy).model_dump_json(), str(tmp_path / "killed")],
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )
        assert reached.wait(60)
        time.sleep(0.3)  # the page before is parsed and kept while this one is held
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        release.set()
        half = bytes_of(tmp_path / "killed")
        assert not any(name.startswith(("objects", "manifests")) for name in half)
        asked = len(proxy.requests)
        resumed = fetch(card(proxy), Archive(tmp_path / "killed"), settings=FAST)
        again = [r.start for r in proxy.requests[asked:]]
        whole = fetch(card(proxy), Archive(tmp_path / "whole"), settings=FAST)
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    assert resumed.rows == whole.rows == 40
    if stop_at >= 6:
        assert resumed.resumed_at >= stop_at - 3
        assert min(again) > 0, "pages that were kept are not asked for again"


def test_a_network_that_goes_away_leaves_pages_to_go_on_from(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream, lambda q, r: Reply(503) if q.start >= 20 else None) as proxy:
        with pytest.raises(UnreachableError):
            fetch(card(proxy), Archive(tmp_path / "a"), settings=FAST)
        proxy.fault = None
        resumed = fetch(card(proxy), Archive(tmp_path / "a"), settings=FAST)
        fetch(card(proxy), Archive(tmp_path / "b"), settings=FAST)
    assert resumed.resumed_at == 5
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_a_kept_page_that_was_spoiled_on_disk_is_fetched_again(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream, lambda q, r: Reply(503) if q.start >= 20 else None) as proxy:
        with pytest.raises(UnreachableError):
            fetch(card(proxy), Archive(tmp_path), settings=FAST)
        page = sorted(tmp_path.glob("partial/*/*/page-*.arrow"))[2]
        page.write_bytes(page.read_bytes()[:-8])
        proxy.fault = None
        resumed = fetch(card(proxy), Archive(tmp_path), settings=FAST)
    assert resumed.resumed_at == 2 and resumed.rows == 40


def test_a_failed_fetch_leaves_what_was_published_before(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream) as proxy:
        first = fetch(card(proxy), Archive(tmp_path), settings=FAST)
        before = bytes_of(tmp_path)
        proxy.fault = lambda q, r: Reply(500) if q.start >= 8 else None
        with pytest.raises(UnreachableError):
            fetch(card(proxy), Archive(tmp_path), settings=FAST)
    after = {k: v for k, v in bytes_of(tmp_path).items() if not k.startswith("partial")}
    assert after == before
    assert first.path.is_file()


def test_two_fetches_at_once_do_not_mix(upstream: str, tmp_path: Path) -> None:
    results: list[Fetched] = []
    with FaultProxy(upstream) as proxy:
        threads = [
            threading.Thread(target=lambda: results.append(fetch(card(proxy), Archive(tmp_path), settings=FAST)))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert {r.manifest.sha256 for r in results} == {results[0].manifest.sha256} and len(results) == 2
    assert Archive(tmp_path).verify() == []
