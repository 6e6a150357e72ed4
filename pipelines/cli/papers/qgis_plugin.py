"""build the plugin for QGIS as a zip for Plugins > Manage and Install > Install from ZIP"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij qgis-plugin``."""
    parser.add_argument(
        "--output", type=Path, default=Path(), metavar="FOLDER", help="folder of the zip (default: the current one)"
    )


def main(arguments: argparse.Namespace) -> int:
    """Write the zip and print its path."""
    from khanij.foundation.files import write_bytes_atomically
    from khanij.foundation.version import khanij_version
    from pipelines.cli.shown.replies import note
    from publishing.releasing.plugin_zip import plugin_zip

    target = arguments.output.resolve() / f"khanij_qgis-{khanij_version()}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(target, plugin_zip())
    print(target)
    note(arguments, files=[target])
    return 0
