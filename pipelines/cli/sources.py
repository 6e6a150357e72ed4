"""list the source cards, or probe whether each source answers"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij sources``."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("list", "check"),
        default="list",
        help="list the cards (default), or check that each source answers",
    )
    parser.add_argument("--card", action="append", metavar="NAME", help="only these cards (repeatable)")


def main(arguments: argparse.Namespace) -> int:
    """Print a row per card: licence, whether its rows may be passed on, protocol, and its state."""
    from data_sources.cards import card_names, load_card
    from data_sources.connectors.archive import Archive
    from data_sources.connectors.here import local_state
    from khanij.foundation.environment import archive_folder
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.replies import note
    from pipelines.cli.shown.terminal import terminal

    archive = Archive(archive_folder())
    header = [
        "card",
        "title",
        "protocol",
        "redistribute",
        *(("state",) if arguments.what == "check" else ("licence", "state")),
    ]
    rows: list[list[str]] = []
    bad = 0
    for name in arguments.card or card_names():
        card = load_card(name)
        last = [card.licence, local_state(card, archive)]
        if arguments.what == "check":
            from data_sources.connectors.remote.probing import probe

            state = probe(card)
            last = [f"{state.state}: {state.message}" if state.message else str(state.state)]
            bad += state.state in ("unreachable", "changed")
        rows.append([card.name, card.title, card.protocol, card.redistribute, *last])
    print_table(terminal(), "Sources", header, rows)
    note(arguments, sources=[dict(zip(header, row)) for row in rows])
    return 1 if bad else 0
