"""What sets a run off between the nights: a file that landed or changed, a price deck or register that changed.

Belongs here: noticing, remembering what was noticed (the cursor), and asking ``planning`` for a run of the partition it
belongs to. Does not belong here: deciding what is stale.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
from pydantic import BaseModel, ValidationError

import data_sources
from assets.fingerprints import forget
from assets.shown.outside import landing_key
from assets.workspace import PARTITIONS, Workspace, companions
from data_sources.cards import card_files
from data_sources.contracts import KhanijError
from data_sources.regions import data_folder, region_files, region_names
from khanij.foundation.closure import stat_of
from khanij.foundation.environment import autostart
from khanij.foundation.files import sha256_of
from pipelines.automations.alerting import alerts_sensor
from pipelines.automations.planning import AssetJob, plan_run
from pipelines.partitions import announce, difference
from pipelines.stores.io_managers import BundleIOManager

INTERVAL_S = 60
Watched = dict[str, dict[str, str]]  # region -> what is watched (layer or table) -> its state
FACTS = "reference"
_MANY = 10_000


def landing_state(workspace: Workspace) -> Watched:
    """Names, sizes and times of the files of every layer of every region, one short hash a layer.

    A layer without a file has none; a layer that comes from the archive is watched by its card's manifests.
    """
    out: Watched = {}
    for name in region_names():
        try:
            region = workspace.region(name)
            out[name] = {}
            beside = workspace.waste_paths(region)
            for layer, source in sorted(region.sources().items()):
                files = companions(workspace.layer_path(region, source)) if source.path else []
                for path in beside.get(layer.removeprefix("waste."), {}).values() if layer.startswith("waste.") else ():
                    files += [f for f in companions(path) if f not in files]
                files += sorted((Path(workspace.cache_root) / "archive" / "manifests" / source.card).glob("*.json"))
                if files:
                    out[name][layer] = _stat_hash(files)
        except KhanijError:
            out[name] = {}
    return out


def facts_state() -> dict[str, str]:
    """SHA-256 of every fact table, card and region of the project: price decks, the register, weights."""
    root = Path(data_sources.__file__).parent
    files = [
        p
        for folder in (FACTS, "cards", "regions")
        for p in sorted((root / folder).glob("*"))
        if p.suffix in {".csv", ".yaml"}
    ]
    files += [p for p in (*card_files().values(), *region_files().values()) if p not in files]  # a user's own
    return {f"{p.parent.name}/{p.name}": sha256_of(p)[:16] for p in files}


def unclaimed(workspace: Workspace, limit: int = 5) -> list[str]:
    """Files of the data folder that no region's layer names: probably dropped under a wrong name."""
    folder = Path(workspace.data_root).expanduser() if workspace.data_root else data_folder()
    if folder is None or not folder.is_dir():
        return []
    claimed: set[Path] = set()
    for name in region_names():
        try:
            region = workspace.region(name)
            claimed.update(p.resolve() for p in workspace.waste_files(region))
            for source in region.sources().values():
                claimed.update(
                    p.resolve() for p in companions(workspace.layer_path(region, source) if source.path else None)
                )
        except KhanijError:
            continue
    strangers: list[str] = []
    for seen, path in enumerate(sorted(folder.rglob("*"))):
        if seen > _MANY or len(strangers) >= limit:
            break
        if path.is_file() and not path.name.startswith(".") and path.resolve() not in claimed:
            strangers.append(path.relative_to(folder).as_posix())
    return strangers


def _stat_hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        size, *times, _ = stat_of(file) or (0, 0, 0)
        digest.update(f"{file}|{size}|{times}\n".encode())
    return digest.hexdigest()[:16]


def settled_changes(now: Watched, seen: Watched, done: Watched) -> dict[str, list[str]]:
    """Per region, the layers that differ from what was last acted on and have not moved since the last look.

    A file that is still being copied differs from look to look and is left for the next one. No clock is asked, so a
    clock that jumps changes nothing.
    """
    changes: dict[str, list[str]] = {}
    for region, layers in now.items():
        if layers != seen.get(region):
            continue
        before = done.get(region, {})
        moved = sorted(k for k in layers.keys() | before.keys() if layers.get(k) != before.get(k))
        if moved:
            changes[region] = moved
    return changes


class LandingCursor(BaseModel):
    """What ``landing_files`` remembers: what it has acted on, and what it saw that is not that yet."""

    done: Watched = {}
    seen: Watched = {}


class FactsCursor(BaseModel):
    """What ``changed_facts`` remembers: the hash of each fact, and the regions that were busy."""

    facts: dict[str, str] = {}
    waiting: list[str] = []


Cursor = TypeVar("Cursor", bound=BaseModel)


def read_cursor(kind: type[Cursor], text: str | None) -> Cursor:
    """What a sensor remembers; nothing where it is not what this version writes, for the tick would fail for ever."""
    try:
        return kind.model_validate_json(text or "{}")
    except ValidationError:
        return kind()


def _requests(
    context: dg.SensorEvaluationContext, workspace: Workspace, io_manager: BundleIOManager, reasons: Mapping[str, str]
) -> tuple[list[dg.RunRequest], list[str], list[str]]:
    """Requests, skip messages, and the regions that are dealt with (a region that is busy is asked again later)."""
    requests, skips, dealt = [], [], []
    forget()  # a code server lives for weeks
    announce([*reasons], context.instance)  # a new region's first run may be asked for before its partition was made
    for region, why in reasons.items():
        answer = plan_run(region, workspace, io_manager.store(), context.instance, why)
        if isinstance(answer, dg.RunRequest):
            requests.append(answer)
            dealt.append(region)
        else:
            skips.append(answer.skip_message or region)
            if "under way" not in (answer.skip_message or ""):
                dealt.append(region)
    return requests, skips, dealt


def _sensor(job: AssetJob, description: str) -> Callable[[Callable[..., dg.SensorResult]], dg.SensorDefinition]:
    """Dagster's ``sensor``, named after its function, that looks every ``INTERVAL_S``."""
    running = dg.DefaultSensorStatus.RUNNING if autostart() else dg.DefaultSensorStatus.STOPPED
    return dg.sensor(job=job, minimum_interval_seconds=INTERVAL_S, default_status=running, description=description)


def landing_sensor(job: AssetJob) -> dg.SensorDefinition:
    """Starts the partition that a new, changed or removed source file belongs to."""

    @_sensor(job, "A new or changed file in the landing folder or the archive starts the region it belongs to.")
    def landing_files(
        context: dg.SensorEvaluationContext,
        workspace: dg.ResourceParam[Workspace],
        io_manager: dg.ResourceParam[BundleIOManager],
    ) -> dg.SensorResult:
        cursor = read_cursor(LandingCursor, context.cursor)
        done = cursor.done
        # What was seen is kept only where it is not what was acted on: a cursor of 200 regions is read every minute.
        seen = {**done, **cursor.seen}
        now = landing_state(workspace)
        changes = settled_changes(now, seen, done)
        requests, skips, dealt = _requests(
            context, workspace, io_manager, {r: f"source files changed: {', '.join(k)}" for r, k in changes.items()}
        )
        done = {r: now[r] if r in dealt else done[r] for r in now if r in dealt or r in done}
        strangers = unclaimed(workspace)
        if strangers:
            skips.append(f"files that no region names: {', '.join(strangers)}")
        moving = {r: layers for r, layers in now.items() if layers != done.get(r)}
        text = LandingCursor(seen=moving, done=done).model_dump_json()
        events = [event for r in dealt for event in observed(r, changes[r], now[r], workspace)]
        if requests:
            return dg.SensorResult(run_requests=requests, cursor=text, asset_events=events)
        reason = "; ".join(skips) or "no source file has changed"
        return dg.SensorResult(skip_reason=reason, cursor=text, asset_events=events)

    return landing_files


def observed(
    region: str, layers: Iterable[str], now: Mapping[str, str], workspace: Workspace
) -> list[dg.AssetObservation]:
    """What Dagster is to note of the external assets whose files changed: one observation a card."""
    try:
        sources = workspace.region(region).sources()
    except KhanijError:
        return []
    cards: dict[str, dict[str, str]] = {}
    for layer in layers:
        if layer in sources and sources[layer].path is not None:
            cards.setdefault(sources[layer].card, {})[layer] = now.get(layer, "gone")
    return [
        dg.AssetObservation(
            landing_key(card),
            partition=region,
            metadata={
                "layers": ", ".join(sorted(states)),
                "path": ", ".join(str(sources[k].path) for k in sorted(states)),
            },
            tags={"dagster/data_version": "-".join(states[k] for k in sorted(states))[:60]},
        )
        for card, states in sorted(cards.items())
    ]


def regions_sensor() -> dg.SensorDefinition:
    """Makes a partition of each new region's YAML, and takes away that of one that is gone."""

    @dg.sensor(
        minimum_interval_seconds=INTERVAL_S // 2,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A region whose YAML was added is one partition more, without a restart; one that went is one fewer.",
    )
    def known_regions(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        added, gone = difference(context.instance)
        if not added and not gone:
            return dg.SensorResult(skip_reason="every region is known, and no other")
        requests: list[Any] = [PARTITIONS.build_add_request(added)] if added else []
        requests += [PARTITIONS.build_delete_request(gone)] if gone else []
        told = [f"new: {', '.join(added)}"] * bool(added) + [f"gone: {', '.join(gone)}"] * bool(gone)
        return dg.SensorResult(dynamic_partitions_requests=requests, skip_reason="; ".join(told))

    return known_regions


def facts_sensor(job: AssetJob) -> dg.SensorDefinition:
    """Starts every region that a changed fact table, card or region file makes stale."""

    @_sensor(job, "A changed price deck, register, card or weight starts the regions whose results it changes.")
    def changed_facts(
        context: dg.SensorEvaluationContext,
        workspace: dg.ResourceParam[Workspace],
        io_manager: dg.ResourceParam[BundleIOManager],
    ) -> dg.SensorResult:
        cursor = read_cursor(FactsCursor, context.cursor)
        now, before = facts_state(), cursor.facts
        waiting = set(cursor.waiting)
        moved = sorted(k for k in now.keys() | before.keys() if now.get(k) != before.get(k))
        if not moved and not waiting:
            return dg.SensorResult(skip_reason="no fact table, card or region has changed", cursor=context.cursor)
        why = f"changed: {', '.join(moved[:5])}{' ...' if len(moved) > 5 else ''}" if before and moved else "first look"
        # One that waited and whose YAML is gone would else become a partition of no region.
        regions = region_names() if moved else sorted(waiting & set(region_names()))
        requests, skips, dealt = _requests(context, workspace, io_manager, dict.fromkeys(regions, why))
        text = FactsCursor(facts=now, waiting=sorted(set(regions) - set(dealt))).model_dump_json()
        if requests:
            return dg.SensorResult(run_requests=requests, cursor=text)
        return dg.SensorResult(skip_reason="; ".join(skips) or "nothing depends on what changed", cursor=text)

    return changed_facts


def build_sensors(rank: AssetJob) -> list[dg.SensorDefinition]:
    """Landing files, changed facts, new regions, and the one that tells people."""
    return [landing_sensor(rank), facts_sensor(rank), regions_sensor(), alerts_sensor()]
