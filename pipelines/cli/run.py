"""rank regions: make whatever is not current, publish the GeoPackage, print the top ten"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khanij.foundation.errors import RegionError
from khanij.foundation.kernels import compiled_ahead
from pipelines.stopping import Stopped, check, stop_came

if TYPE_CHECKING:
    from pipelines.runs import Outcome
    from pipelines.stores.nothing_to_do import Current


MAX_REASON = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij run``."""
    parser.add_argument(
        "--region",
        action="append",
        metavar="R",
        help="a region to rank (repeatable); without it, the regions that need no data of yours",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the region's YAML, such as ranking.draws=2000 (repeatable): a what-if, in a folder of its own",
    )
    parser.add_argument(
        "--scenario",
        default="",
        metavar="NAME",
        help="the what-if that the settings belong to (default: unnamed); without --set, with the settings it was given",
    )
    parser.add_argument("--all", action="store_true", help="make everything again, current or not")
    parser.add_argument(
        "--accept",
        default="",
        metavar="REASON",
        help="publish a result that lost more than the region's limits allow; the reason is published with it",
    )
    parser.add_argument("--top", type=int, default=10, metavar="N", help="rows of each printed table (default 10)")


def main(arguments: argparse.Namespace) -> int:
    """Run the regions one after the other; a region that fails leaves what it had published in place."""
    from pipelines.overrides import checked_region, parse_settings
    from pipelines.scenarios import chosen
    from pipelines.stores import nothing_to_do

    overrides = parse_settings(arguments.set)
    names = arguments.region or _without_data()
    accept = _reason(arguments.accept, arguments.region)
    is_default = not (overrides or arguments.scenario)
    # Most runs of a night find nothing to do: they are told so before Dagster or the science is imported.
    settled = nothing_to_do.settled(names) if is_default and not (accept or arguments.all) else {}
    for name in names:  # a wrong setting is told before anything is made
        if name not in settled:
            scenario, given = chosen(arguments.scenario, name, overrides)
            checked_region(name, given)
    if overrides and not arguments.scenario:
        print(_unnamed(scenario, names))
    from pipelines.cli.shown.progress import tell_title
    from pipelines.cli.shown.replies import note
    from pipelines.cli.shown.tables import print_result, result_of
    from pipelines.cli.shown.terminal import terminal
    from publishing.sets.snapshot import one_set_of

    console = terminal()
    failed, paths = [], []
    waiting = Waiting(list(names))
    # What a first run of several regions waits for longest: the other process compiles for the ground what is needed last.
    ahead = compiled_ahead("scoring.ground.ahead") if len(settled) < len(names) else nullcontext()
    with waiting.told_if_stopped(), ahead:
        for name in names:
            check()
            waiting.begin(name)
            began = time.monotonic()
            outcome: Outcome | Current
            if name in settled:
                outcome = settled[name]
                if not (arguments.quiet or sys.stderr.isatty()):
                    tell_title(outcome.title)
            else:
                outcome = _run(name, arguments, overrides, accept)
            waiting.under_way = ""
            if outcome.error:
                failed.append(name)
                print(f"khanij run: region {name}: {outcome.error}", file=sys.stderr)
                note(arguments, regions=[_entry(outcome)])
                continue
            for remark in outcome.remarks:  # the first lines: what is missing or was accepted
                print(f"{name}: {remark}")
            what = f"{outcome.made} assets made" if outcome.made else "nothing had changed, nothing was made"
            console.print(f"[bold]{name}[/bold]: {what}, {time.monotonic() - began:.0f} s")
            with one_set_of([outcome.geopackage]):
                print_result(console, outcome.geopackage, arguments.top)
                if arguments.json:
                    found = _entry(outcome) | result_of(outcome.geopackage, arguments.top)
                    note(arguments, regions=[found])
            note(arguments, files=[outcome.geopackage])
            paths.append(outcome.geopackage)
    for path in paths:
        print(path)
    return 1 if failed else 0


def _without_data() -> list[str]:
    """The regions that need no data of a user's."""
    from data_sources.regions import load_region, region_names

    return [name for name in region_names() if not load_region(name).needs_data]


def _run(name: str, arguments: argparse.Namespace, overrides: dict[str, str], accept: str) -> Outcome:
    """Run one region the whole way; what a default result was decided by is written down for the next time."""
    from data_sources.regions import load_region
    from pipelines.cli.shown.progress import Bar

    # Dagster takes seconds to import: a wrong argument should not have to wait for it.
    from pipelines.runs import run_region
    from pipelines.stores import nothing_to_do

    title = load_region(name).title
    if not (overrides or arguments.scenario):
        nothing_to_do.forget(name)
    with Bar(title, hush=arguments.quiet) as bar:
        outcome = run_region(
            name, overrides=overrides, everything=arguments.all, listener=bar.update, accept=accept,
            scenario=arguments.scenario,
        )  # fmt: skip
    if not outcome.error and not outcome.scenario:
        nothing_to_do.remember(name, title, outcome.geopackage, outcome.remarks)
    return outcome


def _entry(outcome: Outcome | Current) -> dict[str, object]:
    """What a run of one region came to, as values."""
    return {
        "region": outcome.region, "scenario": outcome.scenario or None, "made": outcome.made, "error": outcome.error,
        "remarks": list(outcome.remarks), "geopackage": outcome.geopackage,
    }  # fmt: skip


def _unnamed(scenario: str, regions: list[str]) -> str:
    """What is said of settings that were given without a name."""
    from khanij.foundation.environment import output_folder

    kept = ", ".join(str(output_folder() / region) for region in regions)
    where = output_folder(scenario)
    return f"--set without --scenario: this is the scenario {scenario}, in {where}; as it was stays: {kept}"


def _reason(given: str, regions: list[str] | None) -> str:
    """The reason for publishing all the same, on one line; it is given for one region, by somebody who looked at it.

    Raises
    ------
    RegionError : a reason for no region or for several.
    """
    reason = " ".join(given.split())
    if reason and len(regions or []) != 1:
        raise RegionError(
            "--accept is for one region", field="--accept", do="name it: khanij run --region R --accept 'REASON'"
        )
    if given and not reason:
        raise RegionError("--accept wants a reason", field="--accept", do="say why it is right: --accept 'REASON'")
    if len(reason) > MAX_REASON:
        raise RegionError(
            f"the reason has {len(reason)} characters, at most {MAX_REASON} are published", field="--accept"
        )
    return reason


@dataclass
class Waiting:
    """Where a run of several regions stands: those not begun, and the one that is under way."""

    left: list[str]
    under_way: str = ""

    def begin(self, region: str) -> None:
        """A region is under way now."""
        self.left.remove(region)
        self.under_way = region

    @contextmanager
    def told_if_stopped(self) -> Iterator[None]:
        """A stop in this context names the region that was under way and those that were not begun."""
        try:
            yield
        except BaseException as error:
            if not stop_came():
                raise
            parts = [f"region {self.under_way} was under way"] if self.under_way else []
            parts += [f"not begun: {', '.join(self.left)}"] if self.left else []
            raise Stopped(f" ({'; '.join(parts)})" if parts else "") from error
