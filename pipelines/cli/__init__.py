"""The ``khanij`` command: one verb a module, Dagster imported only where it is needed."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from data_sources.contracts import KhanijError

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
    """Run one verb; errors that Khanij raises on purpose are printed in one line, without a traceback."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.action(arguments) or 0)
    except KhanijError as error:
        print(f"khanij {arguments.verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"khanij {arguments.verb}: interrupted; nothing half-made was published", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        told = KhanijError(
            f"the system says: {error.strerror}",
            file=error.filename,
            do="check that it lies in a folder that exists and may be written, and what KHANIJ_OUTPUT, KHANIJ_CACHE, "
            "KHANIJ_RELEASES, DAGSTER_HOME and --out or --to name",
        )
        print(f"khanij {arguments.verb}: {told}", file=sys.stderr)
        return 2
