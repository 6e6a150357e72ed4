"""Schedules and sensors decide by fingerprints: what changed is asked for, once, in the partition it belongs to."""

import json
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from sensor_ticks import asked, evaluate, place

from assets.fingerprints import RECIPES
from assets.shown import outside
from assets.workspace import Workspace
from data_sources.regions import region_names
from pipelines import incremental
from pipelines.automations import planning, sensors
from pipelines.automations.planning import due_assets, plan_run
from pipelines.automations.schedules import calver
from pipelines.automations.sensors import settled_changes
from pipelines.definitions import defs
from pipelines.incremental import order
from pipelines.stores.leases import run_lock, running
from tests.pipelines.current_region import make_current

__all__ = ["place"]

REGION = "karnataka_andhra"


def nightly(place, **more):
    """One night, as the schedule sees it."""
    workspace, io_manager, instance, _ = place
    with (
        dg.partition_loading_context(dynamic_partitions_store=instance),
        dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime.now(UTC),
            resources={"workspace": workspace, "io_manager": io_manager},
            repository_def=defs.get_repository_def(),
        ) as context,
    ):
        return defs.get_repository_def().get_schedule_def("nightly").evaluate_tick(context)


def test_an_empty_store_asks_for_everything_and_a_current_one_for_nothing(place):
    workspace, io_manager, instance, _ = place
    request = plan_run(REGION, workspace, io_manager.store(), instance, "test")
    assert isinstance(request, dg.RunRequest) and {k.path[-1] for k in request.asset_selection} == set(RECIPES)
    assert request.partition_key == REGION and request.tags["khanij/why"] == "test"
    make_current(REGION, workspace, io_manager.store())
    skip = plan_run(REGION, workspace, io_manager.store(), instance, "test")
    assert isinstance(skip, dg.SkipReason) and "nothing has changed" in skip.skip_message


def test_a_region_whose_data_is_not_here_is_skipped_with_the_way_to_get_it(place, monkeypatch):
    workspace, io_manager, instance, _ = place
    monkeypatch.setattr("assets.workspace.data_folder", lambda: None)
    skip = plan_run(REGION, Workspace(output_root=workspace.output_root), io_manager.store(), instance, "test")
    assert isinstance(skip, dg.SkipReason) and "Register" in skip.skip_message


@pytest.fixture
def empty(place):
    """The same without a file of the region: a fresh installation, with a stranger's file in the landing folder."""
    (place[3] / "ngdr_karnataka_andhra" / "Fold.shp").unlink()
    (place[3] / "readme.txt").write_text("files come later")
    return place


@pytest.mark.parametrize("without_folder", [False, True])
def test_a_region_without_any_of_its_files_is_not_asked_for(empty, without_folder):
    workspace, io_manager, instance, landing = empty
    if without_folder:
        shutil.rmtree(landing)
    skip = plan_run(REGION, workspace, io_manager.store(), instance, "test")
    assert isinstance(skip, dg.SkipReason) and "not here" in skip.skip_message and "Register" in skip.skip_message
    first = evaluate("changed_facts", empty)
    assert REGION not in asked(first) and {"india", "sample_district"} <= set(asked(first))
    ticks = [evaluate("landing_files", empty)]
    ticks += [evaluate("landing_files", empty, ticks[0].cursor)]
    assert all(REGION not in asked(tick) for tick in ticks)
    tick = nightly(empty)
    assert REGION not in asked(tick)
    for region in ("india", "sample_district"):
        make_current(region, workspace, io_manager.store())
    tick = nightly(empty)
    assert not tick.run_requests and "Register" in tick.skip_message


def test_the_sensor_that_starts_by_itself_says_why_a_region_without_files_waits(empty):
    workspace, io_manager, _, _ = empty
    for region in ("india", "sample_district"):
        make_current(region, workspace, io_manager.store())
    tick = evaluate("changed_facts", empty)
    assert not tick.run_requests and "karnataka_andhra needs files that are not here" in tick.skip_message


def test_a_region_without_files_waits_for_the_first_of_them(empty):
    workspace, io_manager, _, landing = empty
    for region in ("india", "sample_district"):
        make_current(region, workspace, io_manager.store())
    cursor = None
    for _ in range(3):
        tick = evaluate("landing_files", empty, cursor)
        assert not tick.run_requests
        cursor = tick.cursor
    (landing / "ngdr_karnataka_andhra" / "Fold.shp").write_bytes(b"here")
    appeared = evaluate("landing_files", empty, cursor)
    assert not appeared.run_requests
    assert set(asked(evaluate("landing_files", empty, appeared.cursor))) == {REGION}


def test_khanij_run_of_a_region_without_files_says_in_one_line_how_to_get_them(empty, monkeypatch, capsys):
    from pipelines.cli import main

    workspace, _, _, landing = empty
    for name, value in (("DATA", landing), ("OUTPUT", workspace.output_root), ("CACHE", workspace.cache_root)):
        monkeypatch.setenv(f"KHANIJ_{name}", str(value))
    monkeypatch.setenv("DAGSTER_HOME", str(landing.parent / "instance"))
    assert main(["run", "--region", REGION]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "khanij run" in line]
    assert len(told) == 1 and "needs files that are not here" in told[0] and "What to do: The files" in told[0]
    assert not (Path(workspace.output_root) / REGION / "ranked_blocks.gpkg").exists()


def test_a_broken_setting_skips_its_region_and_says_which(place):
    workspace, io_manager, instance, _ = place
    broken = Workspace(output_root=workspace.output_root, overrides={"crs": "[]"})
    skip = plan_run("india", broken, io_manager.store(), instance, "test")
    assert isinstance(skip, dg.SkipReason) and "india" in skip.skip_message and "crs" in skip.skip_message


def another_process_holds(lock_file) -> subprocess.Popen:
    """A process that holds a lock until it is killed."""
    code = "import sys, time, filelock; l = filelock.FileLock(sys.argv[1]); l.acquire(); print('held', flush=True); time.sleep(600)"
    held = subprocess.Popen([sys.executable, "-c", code, str(lock_file)], stdout=subprocess.PIPE)
    assert held.stdout.readline() == b"held\n"
    return held


def started_run(instance, region, **tags) -> dg.DagsterRun:
    @dg.job
    def nothing(): ...

    return instance.create_run_for_job(
        nothing, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": region, **tags}
    )


def test_a_run_under_way_is_not_asked_for_twice_and_a_killed_one_is_closed(place):
    workspace, io_manager, instance, _ = place
    run = started_run(instance, REGION, **{"khanij/host": socket.gethostname()})
    holder = another_process_holds(run_lock(workspace.cache_root, run.run_id).lock_file)
    try:
        assert "under way" in plan_run(REGION, workspace, io_manager.store(), instance, "test").skip_message
        assert not running("india", workspace.cache_root, instance)
    finally:
        holder.kill()
        holder.wait()
    assert isinstance(plan_run(REGION, workspace, io_manager.store(), instance, "test"), dg.RunRequest)
    assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE


def test_a_run_on_another_machine_is_left_alone(place):
    workspace, io_manager, instance, _ = place
    run = started_run(instance, REGION, **{"khanij/host": "elsewhere"})
    assert "under way" in plan_run(REGION, workspace, io_manager.store(), instance, "test").skip_message
    assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.STARTED


def test_a_new_file_starts_its_own_region_after_it_has_settled(place):
    workspace, io_manager, _, landing = place
    for region in ("india", REGION):
        make_current(region, workspace, io_manager.store())
    first = evaluate("landing_files", place)
    second = evaluate("landing_files", place, first.cursor)
    file = landing / "ngdr_karnataka_andhra" / "stream_sediments.csv"
    file.write_text("sampleno\n")
    copying = evaluate("landing_files", place, second.cursor)
    assert REGION not in asked(copying), "a file that has just appeared may still be copied"
    file.write_text("sampleno,La\n")
    growing = evaluate("landing_files", place, copying.cursor)
    assert REGION not in asked(growing), "a file that still grows is left alone"
    settled = evaluate("landing_files", place, growing.cursor)
    downstream = {"stream_sediments"}
    for name in order():
        if downstream & set(RECIPES[name].upstream):
            downstream.add(name)
    assert asked(settled)[REGION] == downstream
    assert {"fertility", "ranked_blocks"} <= downstream and not {"faults", "blocks"} & downstream
    assert "india" not in asked(settled)
    request = next(r for r in settled.run_requests if r.partition_key == REGION)
    assert "stream_sediments" in request.tags["khanij/why"]
    again = evaluate("landing_files", place, settled.cursor)
    assert REGION not in asked(again)


def test_a_file_that_no_region_names_is_reported(place):
    *_, landing = place
    (landing / "stream_sediments_final2.csv").write_text("x")
    tick = evaluate("landing_files", place)
    assert "stream_sediments_final2.csv" in tick.skip_message


def test_a_changed_price_deck_starts_the_regions_that_it_changes(place, monkeypatch):
    workspace, io_manager, _, _ = place
    monkeypatch.setattr(sensors, "region_names", lambda: ["india", REGION])  # the sample district takes seconds to make
    for region in ("india", REGION):
        make_current(region, workspace, io_manager.store())
    state = sensors.facts_state()
    assert "reference/elements.csv" in state and "regions/india.yaml" in state
    quiet = evaluate("changed_facts", place, json.dumps({"facts": state}))
    assert not quiet.run_requests and "no fact table" in quiet.skip_message

    before = json.dumps({"facts": {**state, "reference/elements.csv": "0" * 16}})
    # The change itself: what opens a table has another fingerprint than what is stored, and so has what follows.
    changed = {name for name, recipe in RECIPES.items() if "data_sources/reference/route_costs.csv" in recipe.code}
    assert "assessment" in changed and "faults" not in changed
    for name in incremental.order():
        if set(RECIPES[name].upstream) & changed:
            changed.add(name)
    original = incremental.planned_fingerprints

    def moved(region, workspace, names=None):
        planned = original(region, workspace, names)
        return {n: known + ("x" if n in changed and region == "india" else "") for n, known in planned.items()}

    monkeypatch.setattr(incremental, "planned_fingerprints", moved)
    monkeypatch.setattr(planning, "fingerprint", lambda name, region, workspace: moved(region, workspace, [name])[name])
    tick = evaluate("changed_facts", place, before)
    assert set(asked(tick)) == {"india"}
    assert {"assessment", "ranked_blocks"} <= asked(tick)["india"] and "faults" not in asked(tick)["india"]
    assert "reference/elements.csv" in tick.run_requests[0].tags["khanij/why"]
    assert not evaluate("changed_facts", place, tick.cursor).run_requests


def test_a_busy_region_is_asked_again_at_the_next_tick(place):
    _, _, instance, _ = place
    run = started_run(instance, "india", **{"khanij/host": "elsewhere"})
    tick = evaluate("changed_facts", place)
    assert "india" not in asked(tick)
    instance.report_run_canceled(run)
    later = evaluate("changed_facts", place, tick.cursor)
    assert "india" in asked(later)


def test_settled_changes_ask_no_clock():
    now = {"a": {"x": "2"}, "b": {"y": "1"}}
    assert settled_changes(now, now, {"a": {"x": "1"}, "b": {"y": "1"}}) == {"a": ["x"]}
    assert settled_changes(now, {}, {}) == {}
    assert settled_changes({"a": {}}, {"a": {}}, {"a": {"x": "1"}}) == {"a": ["x"]}


def test_nightly_reads_again_what_is_due_and_nothing_else(place, monkeypatch):
    workspace, io_manager, instance, _ = place
    make_current(REGION, workspace, io_manager.store())
    asset, days = "faults", 30
    card = workspace.region(REGION).layers[asset].card
    plain = outside.load_card
    monkeypatch.setattr(
        outside, "load_card", lambda name: plain(name).model_copy(update={"freshness": days if name == card else None})
    )
    assert outside.fresh_days([card]) == days and outside.fresh_days(["gsi_mineral_deposits"]) is None
    assert due_assets(REGION, instance) == [], "what was never read here is stale, not due"
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=REGION))
    now = datetime.now(UTC).timestamp()
    assert due_assets(REGION, instance, now) == []
    assert due_assets(REGION, instance, now + (days + 1) * 86_400) == [asset]
    assert due_assets(REGION, instance, now - 400 * 86_400) == [], "a clock set back makes nothing due"


def test_nightly_skips_when_nothing_changed_and_asks_when_something_did(place):
    workspace, io_manager, instance, _ = place
    for region in region_names():
        make_current(region, workspace, io_manager.store())
    tick = nightly(place)
    assert not tick.run_requests and all(f"{r}: nothing has changed" in tick.skip_message for r in region_names())
    manifest = io_manager.store().folder("assessment", REGION) / "value.json"
    manifest.write_text("damaged")
    (request,) = nightly(place).run_requests
    assert request.partition_key == REGION and REGION in instance.get_dynamic_partitions("region")
    assert [k.path[-1] for k in request.asset_selection] == ["assessment"] and request.run_key.startswith(
        f"{REGION}-20"
    )


def test_schedules_run_in_indias_time_at_night():
    schedules = {s.name: s for s in defs.get_repository_def().schedule_defs}
    assert {s.execution_timezone for s in schedules.values()} == {"Asia/Kolkata"}
    assert schedules["nightly"].cron_schedule == "0 2 * * *"
    assert schedules["monthly_release"].cron_schedule == "0 6 1 * *"


def test_a_release_is_named_by_the_month_in_india():
    assert calver(datetime(2026, 11, 30, 20, 0, tzinfo=UTC)) == "2026.12.01"
    assert calver(datetime(2026, 11, 30, 12, 0, tzinfo=UTC)) == "2026.11.30"


def test_the_monthly_release_is_asked_for_once_for_each_region_that_is_published(place):
    workspace, _, instance, _ = place
    schedule = defs.get_repository_def().get_schedule_def("monthly_release")

    def first_of_month():
        with dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 12, 1, 0, 30, tzinfo=UTC),
            resources={"workspace": workspace},
            repository_def=defs.get_repository_def(),
        ) as context:
            return schedule.evaluate_tick(context)

    assert "nothing is released" in first_of_month().skip_message
    folder = workspace.published_folder("india")
    folder.mkdir(parents=True)
    (folder / "ranked_blocks.gpkg").write_bytes(b"")
    (request,) = first_of_month().run_requests
    assert request.run_key == "2026.12.01-india" and request.partition_key == "india"
    assert request.run_config["ops"]["released_set"]["config"]["version"] == "2026.12.01"


def test_nothing_runs_by_itself_unless_asked_to(monkeypatch):
    from pipelines.automations.schedules import build_schedules
    from pipelines.automations.sensors import build_sensors
    from pipelines.jobs import rank_region_job
    from pipelines.release_job import release_job

    rank, release = rank_region_job(), release_job()
    monkeypatch.delenv("KHANIJ_AUTOSTART", raising=False)
    assert {s.default_status for s in build_schedules(rank, release)} == {dg.DefaultScheduleStatus.STOPPED}
    monkeypatch.setenv("KHANIJ_AUTOSTART", "1")
    assert {s.default_status for s in build_schedules(rank, release)} == {dg.DefaultScheduleStatus.RUNNING}
    assert {s.default_status for s in build_sensors(rank)} == {dg.DefaultSensorStatus.RUNNING}
    monkeypatch.delenv("KHANIJ_AUTOSTART")
    always = {s.name for s in build_sensors(rank) if s.default_status == dg.DefaultSensorStatus.RUNNING}
    assert always == {"alerts", "known_regions"}, "what starts no run"


def test_the_archive_is_watched_too(place):
    workspace, _, _, _ = place
    before = sensors.landing_state(workspace)
    card = workspace.region(REGION).layers["faults"].card
    folder = Path(workspace.cache_root) / "archive" / "manifests" / card
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    after = sensors.landing_state(workspace)
    assert before[REGION].get("faults") != after[REGION]["faults"]


def test_a_user_keeps_regions_in_a_folder_of_his_own(tmp_path, monkeypatch):
    from data_sources.contracts import RegionError
    from data_sources.regions import load_region, region_files, region_names

    plain = region_files()["india"].read_text()
    (tmp_path / "my_district.yaml").write_text(plain.replace("name: india", "name: my_district"))
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    assert "my_district" in region_names() and load_region("my_district").name == "my_district"
    (tmp_path / "india.yaml").write_text(plain)
    with pytest.raises(RegionError, match="another name"):
        region_names()
