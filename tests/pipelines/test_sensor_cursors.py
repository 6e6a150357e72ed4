"""What sensors remember between two ticks: nothing new asks for nothing, and a memory that cannot be read kills no tick."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest
from sensor_ticks import asked, evaluate, place

from assets.workspace import PARTITIONS
from data_sources.regions import region_files, region_names
from pipelines.automations import sensors
from tests.pipelines.current_region import make_current

__all__ = ["place"]
REGION = "karnataka_andhra"
NAME = str(PARTITIONS.name)


@pytest.fixture
def regions(tmp_path, monkeypatch) -> Path:
    """A folder of regions of a user's own, with nothing in it yet."""
    folder = tmp_path / "regions"
    folder.mkdir()
    monkeypatch.setenv("KHANIJ_REGIONS", str(folder))
    return folder


def add(folder: Path, name: str) -> Path:
    """One region more: the copy of one that is there."""
    text = region_files()["india"].read_text(encoding="utf-8")
    (folder / f"{name}.yaml").write_text(text.replace("name: india", f"name: {name}"), encoding="utf-8")
    return folder / f"{name}.yaml"


def ticked(place) -> str:
    """One tick of ``known_regions``, its requests carried out as the daemon does; returns what it said."""
    instance = place[2]
    tick = evaluate("known_regions", place)
    assert not tick.run_requests
    for request in tick.dynamic_partitions_requests or ():
        if isinstance(request, dg.AddDynamicPartitionsRequest):
            instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        else:
            for key in request.partition_keys:
                instance.delete_dynamic_partition(request.partitions_def_name, key)
    return tick.skip_message


def test_known_regions_follows_the_yaml_files_that_come_and_go(place, regions):
    instance = place[2]
    plain = region_names()
    assert ticked(place) == f"new: {', '.join(sorted(plain))}"
    assert sorted(instance.get_dynamic_partitions(NAME)) == sorted(plain)
    assert ticked(place) == "every region is known, and no other"
    file = add(regions, "my_district")
    assert ticked(place) == "new: my_district" and "my_district" in instance.get_dynamic_partitions(NAME)
    instance.report_runless_asset_event(dg.AssetMaterialization("ranked_blocks", partition="my_district"))
    file.unlink()
    add(regions, "another")
    assert ticked(place) == "new: another; gone: my_district"
    assert sorted(instance.get_dynamic_partitions(NAME)) == sorted([*plain, "another"])
    assert ticked(place) == "every region is known, and no other"
    add(regions, "my_district")
    assert ticked(place) == "new: my_district"
    assert instance.get_materialized_partitions(dg.AssetKey("ranked_blocks")) == {"my_district"}, "what was made stays"


def test_a_region_is_known_whose_yaml_cannot_be_read(place, regions):
    """It is a partition, so that its page says what is wrong; the others go on."""
    (regions / "torn.yaml").write_text("name: [", encoding="utf-8")
    assert "torn" in ticked(place) and "india" in place[2].get_dynamic_partitions(NAME)
    assert ticked(place) == "every region is known, and no other"


@pytest.fixture
def current(place, monkeypatch):
    """Two regions in which nothing is to be made: the sample district takes seconds to plan."""
    monkeypatch.setattr(sensors, "region_names", lambda: ["india", REGION])
    for region in sensors.region_names():
        make_current(region, place[0], place[1].store())
    return place


@pytest.mark.parametrize("name", ["landing_files", "changed_facts"])
def test_a_tick_after_which_nothing_changed_asks_for_nothing_and_remembers_the_same(current, name):
    cursor, before = None, None
    for _ in range(3):  # files settle
        tick = evaluate(name, current, cursor)
        before, cursor = cursor, tick.cursor
    assert cursor == before and not tick.run_requests and not tick.asset_events
    assert "has changed" in tick.skip_message
    remembered = json.loads(cursor)
    assert not any(remembered.get("seen", {}).values()) and not remembered.get("waiting"), "nothing is kept twice"


# The first version's own form, with all that was seen beside what was done; and forms that no version wrote.
OLD = {
    "landing_files": lambda now: json.dumps({"seen": now, "done": now}),
    "changed_facts": lambda now: json.dumps({"facts": now}),
}


@pytest.mark.parametrize("name", sorted(OLD))
def test_the_cursor_of_an_older_version_is_read(current, name):
    now = sensors.landing_state(current[0]) if name == "landing_files" else sensors.facts_state()
    tick = evaluate(name, current, OLD[name](now))
    assert not tick.run_requests and "has changed" in tick.skip_message


BROKEN = [
    "{not json", "null", "[]", "7", '"12;india"', "1764392000.5", '{"done": ["india"], "seen": null}', '{"done": {"india": "a"}}',
    '{"done": {"india": {"faults": 7}}, "seen": []}', '{"facts": ["a"], "waiting": 3}', '{"facts": {"a": [1]}, "waiting": [["india"]]}',
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(OLD))
def test_a_broken_cursor_kills_no_tick_and_the_next_one_is_quiet(current, name):
    for text in BROKEN:
        first = evaluate(name, current, text)
        again = evaluate(name, current, evaluate(name, current, first.cursor).cursor)
        assert not asked(first) and not asked(again), text
        assert "has changed" in again.skip_message, text


def test_a_region_that_waited_and_is_gone_is_waited_for_no_more(current):
    cursor = json.dumps({"facts": sensors.facts_state(), "waiting": ["nowhere"]})
    tick = evaluate("changed_facts", current, cursor)
    assert not tick.run_requests and json.loads(tick.cursor)["waiting"] == []
    assert "nowhere" not in current[2].get_dynamic_partitions(NAME)
