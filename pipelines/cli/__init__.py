"""The ``khanij`` command: one verb a module, each imported when it is asked for.

Belongs here: the list of verbs, and how errors and stops are told. Does not belong here: pandas, Dagster and the like at
the top of any module: ``khanij --help`` must not wait for them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from khanij.foundation.errors import KhanijError
from khanij.foundation.version import khanij_version
from pipelines.cli.shown.replies import DONE, FAILED, USAGE, answered, note, status_of, told_of
from pipelines.stopping import EXIT, Stopped, heard, leave, stop_came

# verb -> its line in ``khanij --help``, which is the first line of its module
VERBS = {
    "run": "rank regions: make whatever is not current, publish the GeoPackage, print the top ten",
    "brief": "print the brief of a region, one page for a reader who has a minute, and where its PDF and Word file lie",
    "explain": "explain one block: why it stands where it stands, and how sure that is",
    "sources": "list the source cards, or probe whether each source answers",
    "fetch": "bring a region's sources into the local archive, resuming where an earlier fetch stopped",
    "new": "make a region of your own from a folder of files: which file is which layer, cards and YAML that run as they are",
    "validate": "hold a file of yours against the contract of a layer, or a whole region against everything, and make nothing",
    "shortlist": "filter the ranked blocks, print them, and write them as spreadsheet, table, map or report",
    "sample": "what to sample next: campaigns by what they are worth, and the best set within a budget",
    "dossier": "write two printable pages on each block, and all of them in one file",
    "diff": "compare two releases, GeoPackages or shortlists: what moved, and why",
    "changes": "tell what changed since yesterday in every region: results, ranks, sources, medians, warnings, failures; and write it as a page",
    "metrics": "write the numbers of all regions as OpenMetrics text, for Prometheus, node_exporter or any other monitoring system",
    "release": "freeze what is published of a region as an immutable, catalogued release",
    "package": "put a result into one zip to mail: a QGIS project beside the data, the page, a note",
    "qgis-plugin": "build the plugin for QGIS as a zip for Plugins > Manage and Install > Install from ZIP",
    "scenario": "list the what-ifs that were run, or remove one; khanij run --scenario NAME --set KEY=VALUE makes one",
    "check": "verify what was published, released or fetched: one flipped byte, a missing file, files of two runs",
    "serve": "serve releases, read-only, on this machine: OGC API Features, vector tiles, files by HTTP range, STAC",
    "prune": "remove what nothing needs any more: old runs, objects of the archive that no manifest names, what killed runs left",
    "ui": "open Dagster in the browser, on this machine only",
}
PAPERS = ("brief", "changes", "dossier", "metrics", "package", "qgis-plugin")
"""Verbs whose module stands in ``papers``."""
UPKEEP = ("prune", "serve")
"""Verbs whose module stands in ``upkeep``."""


class _Version(argparse.Action):
    """Print the version, which is looked up only when it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        print(f"khanij {khanij_version()}")
        parser.exit()


def module_of(verb: str) -> ModuleType:
    """The module of a verb, imported now."""
    room = "papers." if verb in PAPERS else "upkeep." if verb in UPKEEP else ""
    return import_module(f"pipelines.cli.{room}{verb.replace('-', '_')}")


def parser(verb: str = "") -> argparse.ArgumentParser:
    """The argument parser with every verb, and with the arguments of one of them."""
    top = argparse.ArgumentParser(
        prog="khanij",
        description="Ranks blocks of mine waste in India by critical-mineral potential, with honest uncertainty.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, line in VERBS.items():
        if name != verb:
            verbs.add_parser(name, help=line)
            continue
        module = module_of(name)
        sub = verbs.add_parser(name, help=line, description=module.__doc__)
        module.add_arguments(sub)
        sub.add_argument("--json", action="store_true", help="print one JSON document instead (docs/schemas)")
        sub.add_argument("--quiet", action="store_true", help="print nothing but the files that were written")
        sub.set_defaults(action=module.main)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one verb; errors that Khanij raises on purpose, and a stop, are told in one line, without a traceback.

    Ctrl-C and SIGTERM end every verb but ``ui`` (which has a server to end) with status 130.
    """
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["ui"]:
        return _told(given)
    with heard():
        try:
            status = _told(given)
        except BaseException as error:
            # A library may have made something else of the interruption, such as an import that failed.
            if not isinstance(error, KeyboardInterrupt) and not stop_came():
                raise
            detail = error.told if isinstance(error, Stopped) else ""
            print(f"khanij {_verb(given)}: stopped; what was finished is kept{detail}", file=sys.stderr)
            status = EXIT
        return leave(status) if argv is None else status


def _verb(given: list[str]) -> str:
    return given[0] if given[:1] and given[0] in VERBS else ""


def _told(given: list[str]) -> int:
    # Before the verb stands nothing but --help or --version, which end here.
    arguments = parser(_verb(given)).parse_args(given)
    if arguments.json or arguments.quiet:
        return answered(arguments, lambda: _status(arguments))
    return _status(arguments)


def _status(arguments: argparse.Namespace) -> int:
    """Do what was asked; an error that Khanij raises on purpose is told on standard error."""
    try:
        return int(arguments.action(arguments) or DONE)
    except KhanijError as error:
        if stop_came():
            raise
        # A file that validate refuses as a whole is what was asked for; 1 is left to findings in one that it could read.
        refused = arguments.verb == "validate" and arguments.file is not None and Path(arguments.file).exists()
        return _failed(arguments, error, USAGE if refused else status_of(error))
    except BrokenPipeError:
        return 0
    except OSError as error:
        if error.filename is None or stop_came():
            raise
        told = KhanijError(
            f"the system says: {error.strerror}",
            file=error.filename,
            do="check that it lies in a folder that exists and may be written, and what KHANIJ_OUTPUT, KHANIJ_CACHE, "
            "KHANIJ_RELEASES, DAGSTER_HOME and --out or --to name",
        )
        return _failed(arguments, told, FAILED)


def _failed(arguments: argparse.Namespace, error: KhanijError, status: int) -> int:
    print(f"khanij {arguments.verb}: {error}", file=sys.stderr)
    note(arguments, error=told_of(error))
    return status
