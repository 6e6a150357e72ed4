"""The numbers of all regions as OpenMetrics text: its own parser reads them, and the older format's too."""

from __future__ import annotations

import json
import os
import stat
from collections import defaultdict

import dagster as dg
import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as older_format

from assets.workspace import Workspace
from data_sources.contracts import SourceError
from khanij.foundation.closure import ROOT
from pipelines.automations.alerting import STATE
from pipelines.automations.planning import JOB
from pipelines.cli import main
from pipelines.reports import openmetrics
from pipelines.reports.families import families_of
from pipelines.reports.last_runs import RANKING, LastRun, OpenAlert, Verdict, last_runs, open_alerts, verdicts
from pipelines.reports.openmetrics import Family, text_of
from pipelines.stores.io_managers import BundleStore
from pipelines.stores.leases import PARTITION_TAG
from publishing.sets.listing import SET_LIST, SetList, rendered

NOW = 2_000_000.0
REGION = "karnataka_andhra"
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@pytest.fixture
def text(tmp_path):
    """Two regions: one that was published and failed since, one of which nothing is known."""
    folder = tmp_path / "out" / REGION
    folder.mkdir(parents=True)
    (folder / SET_LIST).write_bytes(rendered(SetList(region=REGION, generation="g", inputs="g", files={})))
    os.utime(folder / SET_LIST, (NOW - 7200, NOW - 7200))
    file = tmp_path / "data" / "ngdr_karnataka_andhra" / "stream_sediments.csv"
    file.parent.mkdir(parents=True)
    file.write_text("sampleno\n")
    os.utime(file, (NOW - 86_400, NOW - 86_400))
    workspace = Workspace(output_root=str(tmp_path / "out"), cache_root=str(tmp_path), data_root=str(tmp_path / "data"))
    layer = {"rows_read": 400.0, "rows_kept": 390.0, "rows_held": 10.0, "held_pct": 2.5}
    found = [
        Verdict("stream_sediments", "rows_balance", True, True, "fine", layer),
        Verdict(
            "stream_sediments", "element_shift", False, False, "Ni", {"median_ni_ppm": 32.4, "largest_shift_pct": 5.0}
        ),
        Verdict(
            "ranked_blocks",
            "drift",
            True,
            False,
            "",
            {"blocks_ranked": 34.0, "ranked_pct": 40.0, "rank_correlation": 0.97},
        ),
        Verdict("assessment", "units", False, True, "out of bounds"),
    ]
    runs = {REGION: LastRun("failure", NOW - 100, NOW - 40, "blocks: broken")}
    alerts = [OpenAlert("stale", f"stale:{REGION}", "s", 1.0, REGION), OpenAlert("late", "late:7", "s", 1.0, "")]
    return text_of(families_of([REGION, "india"], workspace, runs, {REGION: found}, alerts, NOW))


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Family -> labels -> value, by the official parser of OpenMetrics, which is strict."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge" and family.documentation
        for sample in family.samples:
            found[family.name][tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_what_stands_in_it(text):
    told = samples(text)
    mine = (("region", REGION),)
    assert told["khanij_published"] == {mine: 1.0, (("region", "india"),): 0.0}
    assert told["khanij_result_age_seconds"] == {mine: 7200.0}
    assert told["khanij_last_run_duration_seconds"] == {mine: 60.0}
    status = {dict(k)["status"]: v for k, v in told["khanij_last_run_status"].items()}
    assert [name for name, value in status.items() if value] == ["failure"]
    assert told["khanij_rows_kept"] == {(("layer", "stream_sediments"), *mine): 390.0}
    assert told["khanij_rows_held_ratio"] == {(("layer", "stream_sediments"), *mine): 0.025}
    nickel = (("element", "ni"), ("layer", "stream_sediments"), *mine, ("unit", "ppm"))
    assert told["khanij_element_median"] == {nickel: 32.4}
    assert told["khanij_element_shift_ratio"] == {(("layer", "stream_sediments"), *mine): 0.05}
    assert told["khanij_blocks_ranked"] == {mine: 34.0} and told["khanij_ranked_ratio"] == {mine: 0.4}
    assert told["khanij_rank_correlation"] == {mine: 0.97}
    assert told["khanij_checks_failing"] == {(*mine, ("severity", "error")): 1.0, (*mine, ("severity", "warning")): 1.0}
    assert told["khanij_alerts_open"] == {(("event", "stale"), *mine): 1.0, (("event", "late"),): 1.0}
    source = (*mine, ("source", "stream_sediments"))
    assert told["khanij_source_age_seconds"][source] == pytest.approx(86_400)
    assert told["khanij_source_due_seconds"][source] == pytest.approx(364 * 86_400), "a card that says nothing: a year"


def test_the_older_format_reads_it_too(text):
    # What node_exporter's textfile collector takes: gauges with HELP and TYPE, no time, the last line a comment.
    assert text.endswith("\n# EOF\n")
    old = {f.name: (f.type, len(f.samples)) for f in older_format(text)}
    new = {f.name: (f.type, len(f.samples)) for f in text_string_to_metric_families(text)}
    assert old == new and len(old) > 15
    assert all(sample.timestamp is None for family in older_format(text) for sample in family.samples)


def test_texts_of_others_stay_labels():
    family = Family("khanij_x", "What it says")
    odd = 'a "quoted"\nline \\ and ₂'
    family.add(1.0, region=odd)
    family.add(float("nan"), region="unknown")
    family.add(None, region="none")
    assert samples(text_of([family])) == {"khanij_x": {(("region", odd),): 1.0}}
    family.add(2.0, region=odd)
    with pytest.raises(ValueError, match="twice"):
        text_of([family])
    with pytest.raises(ValueError, match="no name"):
        text_of([Family("khanij x", "")])
    assert text_of([Family("khanij_empty", "no sample")]) == "# EOF\n"


def test_a_collector_never_sees_half_a_file(tmp_path, monkeypatch):
    path, seen = tmp_path / "sub" / "khanij.prom", []

    def watched(temporary, target):
        seen.extend(p.name for p in target.parent.iterdir() if p.name.endswith(".prom"))
        temporary.replace(target)

    monkeypatch.setattr(openmetrics, "replace_file", watched)
    openmetrics.write_text(path, "# EOF\n")
    assert seen == [] and path.read_text() == "# EOF\n"
    monkeypatch.setattr(openmetrics, "replace_file", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        openmetrics.write_text(path, "# half")
    assert [p.name for p in path.parent.iterdir()] == ["khanij.prom"] and path.read_text() == "# EOF\n"


def test_what_a_check_said_is_stored_with_the_verdict(tmp_path):
    store = BundleStore(str(tmp_path))
    told = {"blocking": False, "reason": "Ni", "numbers": {"median_ni_ppm": 3.0}}
    store.record_check("folds", "r", "j", "units", True)
    store.record_check("folds", "r", "j", "shift", False, told)
    assert store.checks_told("folds", "r") == {"units": {"passed": True}, "shift": {"passed": False, **told}}
    assert store.checks_passed("folds", "r", "j", ["units"]) and not store.checks_passed("folds", "r", "j", ["shift"])
    store.record_check("folds", "r", "another judge", "units", True)
    assert set(store.checks_told("folds", "r")) == {"units"}
    assert store.checks_told("never", "r") == {} and verdicts(store, "never") == []
    assert verdicts(store, "r") == [Verdict("folds", "units", True, False, "")]


def test_the_last_run_of_each_region_is_read_with_what_failed():
    @dg.op(config_schema={"fails": bool})
    def work(context):
        if context.op_config["fails"]:
            raise SourceError("the file is missing", file="survey.csv")

    job = dg.GraphDefinition(name=JOB, node_defs=[work]).to_job(name=JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        for region, fails in (("east", True), ("east", False), ("west", False), ("west", True)):
            config = {"ops": {"work": {"config": {"fails": fails}}}, "loggers": QUIET}
            job.execute_in_process(config, instance, tags={PARTITION_TAG: region}, raise_on_error=False)
        found = last_runs(instance, ["east", "west", "never"])
    assert RANKING == JOB and set(found) == {"east", "west"}
    assert (found["east"].status, found["east"].failed) == ("success", "")
    assert found["east"].duration_s is not None and found["east"].duration_s >= 0
    assert found["west"].status == "failure" and found["west"].failed.startswith("work: the file is missing")
    assert LastRun("started", 5.0).duration_s is None


def test_alerts_that_are_open_are_read_from_the_memory_of_what_was_told():
    told = {
        "event": "stale",
        "subject": "india: sources were not read",
        "digest": "d",
        "count": 1,
        "first": 5.0,
        "told": 5.0,
    }
    late = told | {"event": "late", "subject": "a run has not ended"}
    with dg.DagsterInstance.ephemeral() as instance:
        assert open_alerts(instance) == []
        state = {"open": {"stale:india": told, "late:4f": late}}
        instance.daemon_cursor_storage.set_cursor_values({STATE: json.dumps(state)})
        assert open_alerts(instance) == [
            OpenAlert("late", "late:4f", "a run has not ended", 5.0, ""),
            OpenAlert("stale", "stale:india", "india: sources were not read", 5.0, "india"),
        ]
        for text in ("{", "[]", '{"open": {"x": 1}}'):
            instance.daemon_cursor_storage.set_cursor_values({STATE: text})
            assert open_alerts(instance) == []


def test_the_verb_writes_a_file_that_others_may_read(tmp_path, monkeypatch, capsys):
    for name, folder in (("KHANIJ_HOME", "home"), ("DAGSTER_HOME", "dagster"), ("KHANIJ_OUTPUT", "out")):
        monkeypatch.setenv(name, str(tmp_path / folder))
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("KHANIJ_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "khanij.prom"
    assert main(["metrics", "--region", "india", "--file", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((ROOT / "docs/schemas/metrics.json").read_text(encoding="utf-8")))
    told = samples(file.read_text(encoding="utf-8"))
    assert told["khanij_published"] == {(("region", "india"),): 0.0}
    assert {s["name"] for s in document["samples"]} == set(told)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [p.name for p in tmp_path.glob("*prom*")] == ["khanij.prom"], "no half-written file is left"
    assert main(["metrics", "--region", "nowhere"]) == 2


def test_a_broken_card_of_one_region_hides_no_other(tmp_path, monkeypatch):
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "bad.yaml").write_text("name: bad\nlayre: a\n")
    (tmp_path / "regions").mkdir()
    mine = {
        "name": "mine", "title": "Mine", "description": "made by a test", "extent_deg": [80.5, 21.8, 81.1, 22.4],
        "units": ["waste_block"], "layers": {"waste_sites": {"card": "bad", "path": "a.csv"}}, "waste": {"card": "bad"},
    }  # fmt: skip
    (tmp_path / "regions" / "mine.yaml").write_text(json.dumps(mine))
    monkeypatch.setenv("KHANIJ_CARDS", str(tmp_path / "cards"))
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path / "regions"))
    for folder, file in (("", "a.csv"), ("ngdr_karnataka_andhra", "stream_sediments.csv")):
        (tmp_path / "data" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / folder / file).write_text("x\n")
    workspace = Workspace(output_root=str(tmp_path), cache_root=str(tmp_path), data_root=str(tmp_path / "data"))
    told = {f.name: f.samples for f in families_of(["mine", REGION], workspace, {}, {}, [], NOW)}
    assert {dict(labels)["region"] for labels, _ in told["khanij_published"]} == {"mine", REGION}
    assert {dict(labels)["region"] for labels, _ in told["khanij_source_age_seconds"]} == {REGION}
