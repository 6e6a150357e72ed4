"""Which files of the project an asset's result hangs on, found from the imports of its function.

Belongs here: reading imports, following them, the files and libraries they lead to. Does not belong here: hashing
sources or settings (``fingerprints``).

What counts: the asset's own module, every module that its function reaches (imports inside functions too, names through
a package's re-exports to where they are defined), files of any suffix that lie beside those modules, and the fact
tables that they open by name. What never enters a result is in ``NEVER``, each with its reason.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parents[2]
ROOT = _HERE
PACKAGES = ("khanij", "data_sources", "scoring", "publishing", "assets", "pipelines")
TABLES = "data_sources/reference"
# Modules that carry or show a result without touching what stands in it: they are not followed.
NEVER = {
    "khanij.foundation.closure": "decides whether a result is made, not what stands in it",
    "assets.fingerprints": "decides whether a result is made, not what stands in it",
    "assets.shown.metadata": "what Dagster's pages show of a result",
    "assets.shown.progress": "what the terminal shows while a result is made",
    "assets.over_time.region_numbers": "what is told of a result beside it",
    "publishing.releasing.published_records": "remembers what was published, beside it",
    "assets.regions": "refuses settings, changes none",
    "data_sources.regions.checks": "refuses settings, changes none",
    "khanij.sample": "counted by the bytes that it writes, as any source",
}
# Files beside modules that are counted by what they say, not by their bytes.
COUNTED_OTHERWISE = {
    TABLES: "fact tables count where a module opens them by name; columns.yaml describes them for the docs",
    "data_sources/cards": "cards count with the sources that name them",
    "data_sources/regions": "settings count one by one",
}
# What stores and loads every result may change it as well.
ALWAYS = ("pipelines.stores.io_managers",)
_OPENERS = ("load_table",)
_IMPORTERS = ("import_module", "Late")


@dataclass(frozen=True)
class _Import:
    module: str
    name: str | None = None


@dataclass
class _Source:
    """What one module imports, binds and opens."""

    imports: tuple[_Import, ...]
    bound: dict[str, _Import] = field(default_factory=dict)
    opens: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Closure:
    """The project files of a result, relative to the root and sorted, and the top-level names of its libraries."""

    files: tuple[str, ...]
    libraries: tuple[str, ...]


Stat = tuple[int, int, int, int]


def stat_of(path: Path | str) -> Stat | None:
    """Size, times and inode of a file: equal as long as nobody wrote to it; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - text or Path
    except OSError:
        return None
    # The time of the last change of the entry cannot be set back by hand, as the time of the last writing can.
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def runtime_files() -> list[Path]:
    """Every file of the product: code, tables, cards, templates."""
    return sorted(Path(path) for top in PACKAGES for path in _below(str(ROOT / top)))


def _below(folder: str) -> Iterator[str]:
    # Paths as text: this is run at every start of a process, and a Path for every file takes longer than the looking.
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_product(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path)
            elif entry.is_file():
                yield entry.path


def _is_product(name: str) -> bool:
    return not name.startswith(".") and name != "__pycache__" and not name.endswith("~")


_AT_START = {path: stat_of(path) for top in PACKAGES for path in _below(str(ROOT / top))}


def moved_since_start(files: tuple[str, ...]) -> list[str]:
    """Those of some project files that are not what they were when this process began.

    Python keeps the code that it has read: a process whose files were edited meanwhile computes with the old ones.
    """
    return [f for f in files if stat_of(ROOT / f) != _AT_START.get(str(ROOT / f))]


def closure_of(module: str, function: str) -> Closure:
    """The closure of one function of a module.

    Parameters
    ----------
    module : dotted name of the module that defines it.
    function : its name there; of a nested function, the name of the outermost.
    """
    walk = _Walk()
    walk.follow_function(module, function)
    for name in ALWAYS:
        walk.follow_module(name)
    return Closure(tuple(sorted(walk.files)), tuple(sorted(walk.libraries)))


class _Walk:
    def __init__(self) -> None:
        self.files: set[str] = set()
        self.libraries: set[str] = set()
        self._followed: set[str] = set()

    def follow_function(self, module: str, function: str) -> None:
        path = module_file(module)
        if path is None:
            return
        self.files |= _carried(module)
        for found in _reached(path, function):
            libraries, targets = _led_to(found)
            self.libraries |= libraries
            for target in targets:
                self.follow_module(target)

    def follow_module(self, module: str) -> None:
        waiting = [module]
        while waiting:
            module = waiting.pop()
            if module in self._followed or module_file(module) is None or _never(module):
                continue
            self._followed.add(module)
            self.files |= _carried(module)
            libraries, targets = _leads_to(module)
            self.libraries |= libraries
            waiting += targets


@functools.cache
def _carried(module: str) -> frozenset[str]:
    """The files that come with a module: its own, its packages', those beside it, and the tables it opens."""
    path = module_file(module)
    if path is None:
        return frozenset()
    files = {path.relative_to(ROOT).as_posix()}
    parts = module.split(".")
    for i in range(1, len(parts)):  # a package's own file runs before its modules, and what it imports does not matter
        parent = module_file(".".join(parts[:i]))
        if parent is not None:
            files.add(parent.relative_to(ROOT).as_posix())
    return frozenset(files | _beside(path.parent) | {f"{TABLES}/{name}.csv" for name in _source(path).opens})


@functools.cache
def _leads_to(module: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Libraries and modules of the project that a module imports."""
    path = module_file(module)
    found = [_led_to(i) for i in (_source(path).imports if path is not None else ())]
    libraries = frozenset(name for names, _ in found for name in names)
    return libraries, tuple(dict.fromkeys(target for _, targets in found for target in targets))


def _led_to(found: _Import) -> tuple[frozenset[str], tuple[str, ...]]:
    top = found.module.split(".")[0]
    if top in PACKAGES:
        return frozenset(), tuple(_where(found))
    return frozenset() if top in sys.stdlib_module_names else frozenset({top}), ()


def forget_closures() -> None:
    """Read the project's imports anew."""
    for remembered in (_carried, _leads_to, module_file, _beside):
        remembered.cache_clear()


def _never(module: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in NEVER)


def _where(found: _Import) -> Iterator[str]:
    """The modules that an import leads to: a submodule, the module behind a re-export, or the module itself."""
    module, name = found.module, found.name
    if name is None or module_file(module) is None:
        yield module
        return
    if module_file(f"{module}.{name}") is not None:
        yield f"{module}.{name}"
        return
    path = module_file(module)
    bound = _source(path).bound.get(name) if path is not None and path.name == "__init__.py" else None
    if bound is None or bound.module == module:
        yield module
        return
    if path is not None:
        yield from _where(bound)


@functools.cache
def module_file(module: str) -> Path | None:
    """The file of a module of the project, or None."""
    path = ROOT / Path(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@functools.cache
def _beside(folder: Path) -> frozenset[str]:
    """Files of any suffix but ``.py`` in a package's folder and in folders below it that are no packages."""
    if folder.relative_to(ROOT).as_posix() in COUNTED_OTHERWISE:
        return frozenset()
    out: set[str] = set()
    for path in sorted(folder.iterdir()):
        relative = path.relative_to(ROOT)
        if not _is_product(path.name):
            continue
        if path.is_dir() and not (path / "__init__.py").is_file():
            out |= _beside(path)
        elif path.is_file() and path.suffix != ".py":
            out.add(relative.as_posix())
    return frozenset(out)


def _source(path: Path) -> _Source:
    return _parsed(path, stat_of(path))


@functools.lru_cache(maxsize=4096)
def _parsed(path: Path, stat: Stat | None) -> _Source:
    text = path.read_bytes()
    known = _known_tables()
    kept = _kept_imports() if ROOT == _HERE else {}
    key = hashlib.sha256(b"\0".join([text, *(name.encode() for name in known)])).hexdigest()
    name = path.relative_to(ROOT).as_posix()
    if name in kept and kept[name][0] == key:
        return _unfolded(kept[name])
    tree = ast.parse(text, str(path))
    package = _package(path)
    bound = {bound: found for node in tree.body for bound, found in _bindings(node, package)}
    # Whole trees only where an expression may matter: most modules have nothing but import statements to be found.
    nodes = _walk(tree) if any(name.encode() in text for name in (*_OPENERS, *_IMPORTERS)) else _statements(tree)
    source = _Source(tuple(_imports(nodes, package)), bound, _tables(nodes, known))
    kept[name] = _folded(key, source)
    return source


@functools.cache
def _kept_imports() -> dict[str, list[Any]]:
    """What the modules import, as it was found before: file -> hash of its bytes, imports, names, tables.

    To parse the whole project takes two seconds of every process that knows the assets.
    """
    from khanij.foundation.files import kept_beside

    return kept_beside(Path(__file__))


def _folded(key: str, source: _Source) -> list[Any]:
    imports = [[i.module, i.name] for i in source.imports]
    bound = {name: [i.module, i.name] for name, i in source.bound.items()}
    return [key, imports, bound, sorted(source.opens)]


def _unfolded(kept: list[Any]) -> _Source:
    _, imports, bound, opens = kept
    names = {name: _Import(*found) for name, found in bound.items()}
    return _Source(tuple(_Import(*found) for found in imports), names, frozenset(opens))


def _package(path: Path) -> str:
    return path.relative_to(ROOT).parent.as_posix().replace("/", ".")


@functools.lru_cache(maxsize=256)
def _defined(path: Path, stat: Stat | None) -> dict[str, ast.stmt]:
    """The statements of a module by the names that they define at its top."""
    return {name: node for node in ast.parse(path.read_bytes(), str(path)).body for name in _names_defined(node)}


def _known_tables() -> tuple[str, ...]:
    with os.scandir(ROOT / TABLES) as entries:
        return tuple(sorted(e.name.removesuffix(".csv") for e in entries if e.name.endswith(".csv")))


def _statements(tree: ast.Module) -> list[ast.AST]:
    """All statements, of functions and classes too, but those that only a type checker sees."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _dotted(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        found.append(node)
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)
            waiting += inner if isinstance(inner, list) else []
    return found


def _walk(node: ast.AST) -> list[ast.AST]:
    """All nodes but those that only a type checker sees."""
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _dotted(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        found.append(node)
        waiting += ast.iter_child_nodes(node)
    return found


def _dotted(node: ast.AST) -> str:
    """``a.b.c`` of a name or an attribute of one; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _imports(nodes: Iterable[ast.AST], package: str) -> list[_Import]:
    return [found for node in nodes for _, found in _bindings(node, package)]


def _bindings(node: ast.AST, package: str) -> list[tuple[str, _Import]]:
    if isinstance(node, ast.Import):
        return [(alias.asname or alias.name.split(".")[0], _Import(alias.name)) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        return [(alias.asname or alias.name, _Import(module, alias.name)) for alias in node.names]
    if isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] in _IMPORTERS:
        named = node.args[0] if node.args else None
        if isinstance(named, ast.Constant) and isinstance(named.value, str):
            return [("", _Import(named.value))]
    return []


def _names_defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [n.id for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)]


def _tables(nodes: list[ast.AST], tables: Iterable[str]) -> frozenset[str]:
    """Fact tables that a module opens: named where they are opened, or anywhere in it where a variable names them."""
    calls = [n for n in nodes if isinstance(n, ast.Call) and n.args and _dotted(n.func).split(".")[-1] in _OPENERS]
    if not calls:
        return frozenset()
    known = set(tables)
    constants = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    opened: set[str] = set()
    for call in calls:
        first = call.args[0]
        opened |= {str(first.value)} if isinstance(first, ast.Constant) else (known & constants) or known
    return frozenset(opened & known)


def _reached(path: Path, function: str) -> list[_Import]:
    """Imports that one function of a module reaches, through the module's own functions, classes and constants."""
    source, defined, package = _source(path), _defined(path, stat_of(path)), _package(path)
    if function not in defined:
        return list(source.imports)
    found: list[_Import] = []
    seen, waiting = {function}, [defined[function]]
    while waiting:
        node = waiting.pop()
        nodes = _walk(node)
        found += _imports(nodes, package)
        for inner in nodes:
            if not isinstance(inner, ast.Name) or inner.id in seen:
                continue
            seen.add(inner.id)
            if inner.id in source.bound:
                found.append(source.bound[inner.id])
            elif inner.id in defined:
                waiting.append(defined[inner.id])
    return found
