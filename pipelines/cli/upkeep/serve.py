"""serve releases, read-only, on this machine: OGC API Features, vector tiles, files by HTTP range, STAC

Needs an environment of its own with pygeoapi: make serve-environment, or name its Python in KHANIJ_SERVE_PYTHON.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing.releasing.releases import Release

HERE = Path(__file__).resolve().parents[3] / "deploy" / "serve"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij serve``."""
    parser.add_argument("--region", action="append", metavar="R", help="region (repeatable); without it, all released")
    parser.add_argument(
        "--calver", metavar="YYYY.MM.DD", help="the release to serve (default: the newest of each region)"
    )
    parser.add_argument("--port", type=int, default=5000, help="port (default 5000)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to bind (default: this machine alone); docs/serving.md before another",
    )
    parser.add_argument(
        "--address",
        metavar="URL",
        help="where clients find it, where a proxy stands before it (default: host and port)",
    )
    parser.add_argument("--config-only", action="store_true", help="write the server's two files and start nothing")
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder of those files (default: .khanij/serve)")


def main(arguments: argparse.Namespace) -> int:
    """Write what the server is told of the releases, then become the server."""
    import json

    from khanij.foundation.environment import cache_folder, releases_folder, serve_python
    from khanij.foundation.errors import KhanijError
    from khanij.foundation.files import write_bytes_atomically
    from pipelines.cli.shown.replies import note
    from publishing.releasing.served import served

    if (arguments.json or arguments.quiet) and not arguments.config_only:
        raise KhanijError("a server has no answer to print", field="--json", do="add --config-only, or leave it out")
    root = releases_folder().resolve()
    releases = _chosen(root, arguments.region, arguments.calver)
    address = (arguments.address or f"http://{arguments.host}:{arguments.port}").rstrip("/")
    found = served(releases, root, address, (arguments.host, arguments.port))
    folder = (arguments.to or cache_folder() / "serve").resolve()
    files = []
    for name, document in (("pygeoapi.json", found.pygeoapi), ("serve.json", found.serve)):
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        write_bytes_atomically(folder / name, text.encode())
        files.append(folder / name)
    note(arguments, files=files, url=address, collections=sorted(found.pygeoapi["resources"]))
    for release in releases:
        print(f"{release.folder.parent.name}: {release.calver}")
    if arguments.config_only:
        for file in files:
            print(file)
        return 0
    python = serve_python()
    if not python.is_file() or not (HERE / "app.py").is_file():
        raise KhanijError(
            "the server's environment is not here",
            file=python if (HERE / "app.py").is_file() else HERE / "app.py",
            field="KHANIJ_SERVE_PYTHON",
            do="in the project's folder: make serve-environment",
        )
    print(f"releases on {address} (Ctrl-C ends it)", flush=True)
    command = [str(python), str(HERE / "app.py"), str(folder), "--host", arguments.host, "--port", str(arguments.port)]
    # This process becomes the server, so that a signal meets it and nothing is left behind.
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - a list, and no shell
    return 0


def _chosen(root: Path, regions: list[str] | None, calver: str | None) -> list[Release]:
    """The release of each region that is served.

    Raises
    ------
    MissingSourceError : a region has no release, or none of that version; or there is none at all.
    """
    from data_sources.contracts import MissingSourceError
    from publishing.releasing.releases import list_releases

    out = []
    for region in regions or sorted(p.name for p in root.glob("[!.]*") if p.is_dir()):
        found = [r for r in list_releases(root, region) if calver in (None, r.calver)]
        if found:
            out.append(found[-1])
        elif regions:
            raise MissingSourceError(
                f"region {region} has no release{f' {calver}' if calver else ''}",
                file=root / region,
                do=f"khanij release --region {region}",
            )
    if not out:
        raise MissingSourceError("nothing was released yet", file=root, do="khanij release")
    return out
