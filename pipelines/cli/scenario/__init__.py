"""list the what-ifs that were run, or remove one; khanij run --scenario NAME --set KEY=VALUE makes one"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij scenario``."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("list", "remove"),
        default="list",
        help="list the scenarios (default), or remove one",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the scenario to remove")


def main(arguments: argparse.Namespace) -> int:
    """Print each scenario with its settings and where it is published, or remove the one that is named."""
    from khanij.foundation.environment import output_folder
    from khanij.foundation.errors import RegionError
    from pipelines.cli.shown.replies import note
    from pipelines.scenarios import remove, scenarios

    if arguments.what == "remove":
        if not arguments.name:
            raise RegionError("no scenario was named", field="NAME", do="khanij scenario remove NAME")
        gone = remove(arguments.name)
        print(f"removed: {gone}")
        note(arguments, removed=gone)
        return 0
    found = scenarios()
    for scenario in found:
        print(scenario.name)
        for region in sorted({*scenario.settings, *scenario.published}):
            told = "; ".join(f"{k}={v}" for k, v in sorted(scenario.settings.get(region, {}).items()))
            where = output_folder(scenario.name) / region if region in scenario.published else "not published yet"
            print(f"  {region}: {told or 'settings not kept'} ({where})")
    kept = [{"name": s.name, "settings": s.settings, "published": list(s.published)} for s in found]
    note(arguments, scenarios=kept)
    if not found:
        print("no scenario was run: khanij run --region R --scenario NAME --set KEY=VALUE")
    return 0
