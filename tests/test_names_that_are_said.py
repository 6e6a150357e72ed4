"""What texts name exists: modules and functions by dotted names, files by paths, tests by theirs. Nothing is imported for it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from test_one_way import ROOT, TOPS, modules

from pipelines.cli import VERBS

# They tell of names that were.
OF_THE_PAST = ("CHANGELOG.md", "docs/adr/")
DOTTED = re.compile(rf"(?<![\w./@-])({'|'.join(sorted(TOPS))})((?:\.[A-Za-z_]\w*)+)(?![\w-]|\.\w|/)")
# What follows the name of the product in names of files, services and hosts.
NO_NAME = {"conf", "css", "csv", "dump", "env", "example", "exe", "gpkg", "html", "json", "md", "prom", "py", "qgs", "qgz",
           "service", "sh", "tgz", "timer", "toml", "txt", "yaml", "yml", "zip"}  # fmt: skip
# What looks like a name and is meant otherwise.
OTHERWISE = {
    "khanij.notify": "a channel of the log",
    "pipelines.launcher": "a former module, which homes of that time name: their owner is told",
    "test_level": "a setting of the recoveries: tried in a plant, in a pilot plant, at the bench",
}
CODE = re.compile(r"`+([^`\n]+)`+")
TEST = re.compile(r"^(?:test_\w+)$")
PATH = re.compile(
    rf"^(?:{'|'.join(sorted([*TOPS, 'tests', 'benchmarks', 'docs', 'deploy', 'examples', 'notebooks']))})/[\w./-]+$"
)


@cache
def defined_in(path: Path) -> dict[str, ast.AST]:
    """Names at the top of a module, also below ``if`` and ``try``."""
    found: dict[str, ast.AST] = {}
    todo = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0]: node for alias in node.names}
        elif isinstance(node, ast.If | ast.Try | ast.With):
            todo += [n for field in ("body", "orelse", "finalbody") for n in getattr(node, field, [])]
            todo += [n for handler in getattr(node, "handlers", []) for n in handler.body]
        else:
            found |= {n.id: node for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return found


def is_part_of(owner: ast.AST, rest: list[str]) -> bool:
    """Whether a class has an attribute of that name; of what else stands at the top nothing is known."""
    if not rest or not isinstance(owner, ast.ClassDef) or owner.bases:
        return True
    inner = {n.name for n in owner.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    inner |= {n.id for n in ast.walk(owner) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    inner |= {n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    return rest[0] in inner


def exists(dotted: str) -> bool:
    """Whether a dotted name is a module, a folder of them, or something in one."""
    parts, known = dotted.split("."), modules()
    for n in range(len(parts), 0, -1):
        if path := known.get(".".join(parts[:n])):
            rest = parts[n:]
            if not rest:
                return True
            owner = defined_in(path).get(rest[0])
            return owner is not None and is_part_of(owner, rest[1:])
    return (ROOT / Path(*parts)).is_dir()


def said_in(text: str) -> set[str]:
    """Dotted names of the product in a text."""
    found = set()
    for match in DOTTED.finditer(text):
        if not NO_NAME & set(match[2][1:].split(".")):
            found.add(match[1] + match[2])
    return found - set(OTHERWISE)


def texts_of(source: str) -> Iterator[str]:
    """Comments and strings of a module, docstrings among them."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.string


def pages() -> dict[str, str]:
    """Every page in Markdown that speaks of what is, by path."""
    folders = ("docs", "examples", "notebooks", "deploy", "benchmarks", "findings", *sorted(TOPS))
    files = [*ROOT.glob("*.md"), *(p for f in folders for p in (ROOT / f).rglob("*.md") if "results" not in p.parts)]
    named = {p.relative_to(ROOT).as_posix(): p for p in files}
    return {n: p.read_text(encoding="utf-8") for n, p in sorted(named.items()) if not n.startswith(OF_THE_PAST)}


@cache
def named_tests() -> frozenset[str]:
    """Names of test files, functions and cases."""
    texts = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py")}
    return frozenset(texts) | {name for t in texts.values() for name in re.findall(r"^def (test_\w+)", t, re.M)}


def unknown_in(text: str) -> set[str]:
    """What in backticks on a page names a module, a file or a test that is not there."""
    found = set()
    for said in (m[1].strip() for m in CODE.finditer(text)):
        found |= {name for name in said_in(said) if not exists(name)}
        if TEST.match(said) and said not in named_tests() | set(OTHERWISE):
            found.add(said)
        if PATH.match(said) and not is_there(said):
            found.add(said)
    return found


def is_there(path: str) -> bool:
    """Whether a page's path leads to something: a module may stand without its suffix, a word in capitals for any name."""
    if path.startswith("benchmarks/results/"):
        return True  # made by whoever measures
    pattern = re.sub(r"\b[A-Z]{3,}\b", "*", path)
    return any(any(ROOT.glob(p)) for p in (path, pattern, f"{path}.py"))


def test_pages_name_what_exists():
    assert {name: unknown for name, text in pages().items() if (unknown := unknown_in(text))} == {}


@pytest.mark.parametrize("top", sorted(TOPS))
def test_comments_docstrings_and_messages_name_what_exists(top):
    faults = {}
    for name, path in modules().items():
        if name.split(".")[0] == top:
            said = {n for text in texts_of(path.read_text(encoding="utf-8")) for n in said_in(text)}
            if unknown := {n for n in said if not exists(n)}:
                faults[name] = unknown
    assert faults == {}


def test_the_search_itself_sees_what_is_wrong():
    assert exists("khanij.foundation.grid.albers_for") and exists("khanij.run") and exists("data_sources.reference")
    assert exists("assets.workspace.Workspace.layer_path") and exists("scoring")
    for wrong in (
        "scoring.ground.albers_for",
        "khanij.foundation.nowhere",
        "pipelines.cluster",
        "assets.survey.nothing",
    ):
        assert not exists(wrong), wrong
        assert unknown_in(f"see `{wrong}(x)`.") == {wrong} and said_in(f"do {wrong}(x), please.") == {wrong}
    assert said_in("khanij.yaml, /etc/khanij/khanij.env, khanij.example.org, a.scoring.b, scoring.x-y") == set()
    assert unknown_in("`tests/test_nowhere.py` `test_no_such_thing` `deploy/nginx/khanij.conf`") == {
        "tests/test_nowhere.py", "test_no_such_thing"
    }  # fmt: skip


def test_the_readme_names_every_verb_and_no_other():
    text = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("## The `khanij` command")[2].partition("\n## ")[0]
    )
    cells = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    said = {code.split()[0] for cell in cells for code in re.findall(r"`([^`]+)`", cell)}
    assert said == set(VERBS)
