"""verify what was published, released or fetched: one flipped byte, a missing file, files of two runs

Exit status 0: everything is what was written. 1: something is not, and its name is printed. With --alerts instead: a trial
message is sent by every channel that the environment names; 1 where one did not take it, or none is named.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij check``."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="a region's output, a release, the archive of fetched sources, a folder of these, or a file in one of "
        "them; without any, all that this installation has",
    )
    parser.add_argument("--alerts", action="store_true", help="send a trial message by every channel of alerts instead")


def main(arguments: argparse.Namespace) -> int:
    """Look at every path and print what is wrong with it, by the file's name."""
    return _alerts(arguments) if arguments.alerts else _files(arguments)


def _alerts(arguments: argparse.Namespace) -> int:
    """Send a trial message by every channel and say which took it."""
    from khanij.foundation.environment import NotifySettings
    from pipelines.automations.notify import send_trial
    from pipelines.cli.shown.replies import note

    taken = send_trial(NotifySettings.from_environment())
    for channel, is_taken in taken.items():
        print(
            f"{channel}: {'a trial message was taken' if is_taken else 'NOT taken (the line above says by what kind of error)'}"
        )
        note(arguments, alerts=[{"channel": channel, "is_taken": is_taken}])
    if not taken:
        print(
            "No channel is named: set KHANIJ_NOTIFY_WEBHOOK, or KHANIJ_NOTIFY_EMAIL with its server (docs/operations.md)"
        )
    return 0 if taken and all(taken.values()) else 1


def _files(arguments: argparse.Namespace) -> int:
    from pipelines.cli.shown.replies import note
    from publishing.sets.checking import check_path

    faulty = 0
    for path in arguments.paths or _all_places():
        for found in check_path(path):
            faulty += bool(found.faults)
            print(f"{found.path}: {found.what}: {'FAULTY' if found.faults else 'whole'}")
            for fault in found.faults:
                print(f"  {fault}")
            for remark in found.notes:
                print(f"  note: {remark}")
            told = {"path": found.path, "what": found.what, "faults": list(found.faults), "notes": list(found.notes)}
            note(arguments, checked=[told])
    return 1 if faulty else 0


def _all_places() -> list[Path]:
    """Outputs, releases and archive of this installation, those that are there.

    Raises
    ------
    MissingSourceError : there are none.
    """
    from data_sources.contracts import MissingSourceError
    from khanij.foundation.environment import SCENARIOS, archive_folder, home_folder, output_folder, releases_folder

    tops = (output_folder(), releases_folder())
    roots = [*tops, *(p for top in tops for p in sorted(top.glob(f"{SCENARIOS}/*")))]
    found = [p for root in roots if root.is_dir() for p in sorted(root.iterdir()) if _is_place(p)]
    # A fetch that was killed before its first manifest leaves objects that nothing names yet.
    found += [p for p in (archive_folder(),) if (p / "objects").is_dir() and (p / "manifests").is_dir()]
    if not found:
        raise MissingSourceError(
            "nothing was published, released or fetched yet", file=home_folder(), do="run: khanij run"
        )
    return found


def _is_place(path: Path) -> bool:
    """A region's folder; shortlists and what else a person keeps beside them is not looked at."""
    from publishing.releasing.releases import MANIFEST
    from publishing.sets.snapshot import is_set_folder

    return path.is_dir() and (
        is_set_folder(path) or (path / "ranked_blocks.gpkg").is_file() or any(path.glob(f"*/{MANIFEST}"))
    )
