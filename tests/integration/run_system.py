"""A whole installation on loopback for tests: ``khanij ui`` with its daemon, a webhook that keeps what it gets, GraphQL."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import yaml
from production_servers import free_port

from pipelines.resources import DAGSTER_YAML

ROOT = Path(__file__).resolve().parents[2]
BASE = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
LAUNCH = """
mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } } } }
"""
AGAIN = """
mutation($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
TERMINATE = """
mutation($id: String!) { terminateRun(runId: $id, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }
"""
OF_JOB = """
query { pipelineOrError(params: {pipelineName: "rank_region", repositoryName: "__repository__",
  repositoryLocationName: "khanij"}) { ... on Pipeline { runs(limit: 50) { runId status } } } }
"""


TINY: dict[str, Any] = {
    "description": "One window of the embedded register.",
    "extent_deg": [74.0, 15.0, 75.5, 16.5],
    "crs": "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs",
    "units": ["waste_block"],
    "waste": {"card": "embedded_register"},
    "ranking": {"basket": "critical_30", "price_deck": "2025e", "draws": 200},
}


class Installation:
    """One home with regions of a test's own, a daemon, a web server and a webhook."""

    def __init__(self, home: Path, regions: dict[str, dict[str, Any]], **settings: Any) -> None:
        self.home, self.got = home, []
        (home / "regions").mkdir(parents=True)
        for name, region in regions.items():
            self.write(name, region)
        (home / "dagster").mkdir()
        instance = {**yaml.safe_load(DAGSTER_YAML), **settings.pop("instance", {})}
        (home / "dagster" / "dagster.yaml").write_text(yaml.safe_dump(instance))
        self.env = {
            **BASE, "KHANIJ_HOME": str(home), "KHANIJ_REGIONS": str(home / "regions"), "PYTHONPATH": str(ROOT),
            "KHANIJ_DATA": str(home / "landing"), "DAGSTER_HOME": str(home / "dagster"), **settings,
        }  # fmt: skip
        (home / "landing").mkdir()

    def write(self, name: str, region: dict[str, Any]) -> None:
        """A region's YAML."""
        (self.home / "regions" / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, "title": name, **region}))

    @contextlib.contextmanager
    def webhook(self) -> Iterator[None]:
        """Keep in ``got`` what is posted."""
        got = self.got

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["content-length"])))
                got.append({**message, "received": time.time()})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.env["KHANIJ_NOTIFY_WEBHOOK"] = f"http://127.0.0.1:{server.server_port}/hook"
            yield
            server.shutdown()

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """``khanij ui`` from when its first page is there."""
        self.url = f"http://127.0.0.1:{free_port()}"
        port = self.url.rpartition(":")[2]
        with (self.home / "ui.log").open("ab") as log:
            ui = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "ui", "--port", port],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
            )
            try:
                self.wait(self._answers, 180, "the web server answers")
                yield
            finally:
                ui.terminate()
                ui.wait(30)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/server_info").status_code == 200
        return False

    def ask(self, query: str, **variables: Any) -> Any:
        """One GraphQL question."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=120).json()
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        return value

    def launch(self, region: str) -> str:
        """A run of a region as the UI asks for it; returns its id."""
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": "khanij",
            "pipelineName": "rank_region",
        }
        tags = [{"key": "dagster/partition", "value": region}]
        made = self.ask(LAUNCH, params={"selector": selector, "runConfigData": {}, "mode": "default",
                                        "executionMetadata": {"tags": tags}})  # fmt: skip
        assert made["__typename"] == "LaunchRunSuccess", made
        return str(made["run"]["runId"])

    def command(self, *arguments: str, wait: bool = True) -> subprocess.Popen[str]:
        """``khanij`` as a process."""
        run = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *arguments], cwd=ROOT, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        if wait:
            run.out, run.err = run.communicate(timeout=900)  # type: ignore[attr-defined]
        return run

    @contextlib.contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """The books."""
        with dg.DagsterInstance.from_config(str(self.home / "dagster")) as found:
            yield found

    def wait(self, happened: Callable[[], Any], seconds: float, what: str) -> Any:
        """Until something is so; returns what it came to."""
        until = time.monotonic() + seconds
        while not (found := happened()):
            assert time.monotonic() < until, f"not within {seconds} s: {what}\n{self.tail()}"
            time.sleep(0.5)
        return found

    def tail(self) -> str:
        """The last lines of the servers' log."""
        log = self.home / "ui.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def told(self, event: str, region: str = "", after: int = 0) -> list[dict[str, Any]]:
        """What the webhook got of an event."""
        return [m for m in self.got[after:] if m["event"] == event and (not region or m["region"] == region)]


def runs_of(here: Installation, region: str) -> list[dg.DagsterRun]:
    """The runs of a region, the first before its retry."""
    with here.instance() as instance:
        return list(instance.get_runs(dg.RunsFilter(tags={"dagster/partition": region})))[::-1]
