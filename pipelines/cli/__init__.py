"""The ``khanij`` command: one verb a module, Dagster imported only where it is needed."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from pipelines.stopping import EXIT, Stopped, heard, leave, stop_came

VERBS = ("run", "explain", "sources", "fetch", "validate", "shortlist", "dossier", "diff", "release", "check", "ui")


def parser() -> argparse.ArgumentParser:
    """The argument parser with every verb."""
    top = argparse.ArgumentParser(
        prog="khanij",
        description="Ranks blocks of mine waste in India by critical-mineral potential, with honest uncertainty.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        module = import_module(f"pipelines.cli.{verb}")
        sub = verbs.add_parser(verb, help=(module.__doc__ or verb).splitlines()[0], description=module.__doc__)
        module.add_arguments(sub)
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
    from data_sources.contracts import KhanijError

    arguments = parser().parse_args(given)
    try:
        return int(arguments.action(arguments) or 0)
    except KhanijError as error:
        if stop_came():
            raise
        print(f"khanij {arguments.verb}: {error}", file=sys.stderr)
        return 2
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
        print(f"khanij {arguments.verb}: {told}", file=sys.stderr)
        return 2
