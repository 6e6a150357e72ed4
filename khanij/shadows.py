"""Whether another package stands in the way of one of ours: five of our packages have names that others use too.

Belongs here: looking, and one message that names both. Does not belong here: anything of the project, or a library. It is
run at each import of ``khanij``, and as a program by the Makefile before anything is installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

NAMES = ("assets", "data_sources", "pipelines", "publishing", "scoring")
ROOT = Path(__file__).resolve().parents[1]


class ShadowedError(ImportError):
    """Another package of one of our names would be imported in place of ours, or lies mixed with it."""


def refuse_shadows(root: Path = ROOT) -> None:
    """Look once where Python would find each of our packages.

    Raises
    ------
    ShadowedError : elsewhere than beside ``khanij``, or foreign files lie among ours; the message names both.
    """
    for name in NAMES:
        found = _found(name)
        if found is not None and not _is_inside(found, root / name):
            raise ShadowedError(
                f"Khanij's package {name!r} ({root / name}) is hidden by another of that name ({found}). What to do: "
                f"{_way_out(found)}",
                name=name,
                path=str(found),
            )
    for name, foreign in _mixed(root):
        raise ShadowedError(
            f"Khanij's package {name!r} ({root / name}) and another package of that name were installed into one folder: "
            f"{foreign} is not Khanij's. What to do: install Khanij into an environment of its own",
            name=name,
            path=str(root / name / foreign),
        )


def held_by_others(root: Path = ROOT) -> dict[str, Path]:
    """Packages of our names that this environment holds and that are not Khanij's: name -> where it lies."""
    found = {name: where for name in NAMES if (where := _found(name)) is not None}
    others = {name: where for name, where in found.items() if not _is_inside(where, root / name)}
    return {name: where for name, where in others.items() if not _is_an_older_khanij(name, where)}


def _found(name: str) -> Path | None:
    """Where an import of this name would lead, without importing it; None where nothing, or no real package, is there."""
    try:
        spec: ModuleSpec | None = find_spec(name)
    except (ImportError, ValueError, AttributeError):  # a module put into sys.modules by hand has no spec
        spec = None
    origin = getattr(sys.modules.get(name), "__file__", None) or (spec.origin if spec is not None else None)
    # A folder without __init__.py hides nothing: Python passes it over for a package that comes later.
    return None if origin is None or origin in ("namespace", "built-in", "frozen") else Path(origin)


def _is_inside(file: Path, folder: Path) -> bool:
    return Path(os.path.realpath(file)).parent == Path(os.path.realpath(folder))


def _way_out(found: Path) -> str:
    here = Path.cwd()
    if found.parent in (here, here / found.parent.name):
        return "start from another working folder, or rename that one"
    return "take it off PYTHONPATH or out of this environment, or install Khanij into an environment of its own"


def _mixed(root: Path) -> Iterator[tuple[str, str]]:
    """Files at the top of our packages that the list of our installation does not have; a source tree has no such list."""
    for record in sorted(root.glob("khanij-*.dist-info/RECORD")):
        known: dict[str, str] = {}
        for line in record.read_text(encoding="utf-8").splitlines():
            path, _, size = line.rsplit(",", 2)
            known[path.strip('"')] = size
        for name in NAMES:
            tops = {"/".join(path.split("/")[:2]) for path in known if path.startswith(f"{name}/")}
            for entry in sorted(os.scandir(root / name), key=lambda e: e.name) if tops else ():
                path = f"{name}/{entry.name}"
                other = entry.name == "__init__.py" and known.get(path) != str(entry.stat().st_size)
                if entry.name != "__pycache__" and (path not in tops or other):
                    yield name, entry.name


def _is_an_older_khanij(name: str, where: Path) -> bool:
    """Whether the package found belongs to an installation of Khanij that a new one replaces."""
    beside = where.parents[1]
    return (beside / "khanij" / "__init__.py").is_file() and any(
        f"{name}/{where.name}," in record.read_text(encoding="utf-8")
        for record in beside.glob("khanij-*.dist-info/RECORD")
    )


def main() -> int:
    """Tell which packages of this environment would stand in Khanij's way; 1 when there are any."""
    others = held_by_others()
    for name, where in others.items():
        print(
            f"khanij: this environment ({sys.prefix}) already holds a package {name!r} ({where}), and Khanij has one of "
            "that name: of the two only one could be imported. What to do: install Khanij into an environment of its "
            f"own, or uninstall the other {name!r} first",
            file=sys.stderr,
        )
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
