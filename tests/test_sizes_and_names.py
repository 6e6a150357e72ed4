"""No function with a dozen arguments, no exception for complexity but of kernels, no basename twice, nothing written twice."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator

from test_one_way import ROOT, modules

MOST_ARGUMENTS = 8
LONGEST_PAIR = 12
# Tables written as code: each line is a row, so that rows have one shape.
TABULAR = (
    "data_sources/contracts/",
    "khanij/sample/counts.py",
    "scoring/waste/rows.py",
    "scoring/waste/draws/streams.py",
)
# An import, the head of a class, a field without a value: it names, it does nothing.
_ONLY_SAYS = re.compile(r"(import|from|class) |N : [^=]*$")


def functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    """Each function of a module, and whether it is compiled: a kernel takes arrays, no values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {n.id for d in node.decorator_list for n in ast.walk(d) if isinstance(n, ast.Name)}
            yield node, bool(names & {"njit", "vectorize", "guvectorize"})


def arguments_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many arguments a caller may give, ``self`` and ``cls`` apart."""
    a = function.args
    names = [v.arg for v in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return len([n for n in names if n not in ("self", "cls")]) + sum(v is not None for v in (a.vararg, a.kwarg))


def too_many(source: str) -> list[str]:
    """Functions of a source that are no kernel and take more than ``MOST_ARGUMENTS``."""
    found = functions(ast.parse(source))
    return [f.name for f, is_kernel in found if not is_kernel and arguments_of(f) > MOST_ARGUMENTS]


def test_no_function_but_a_kernel_takes_more_than_eight_arguments():
    found = {name: long for name, path in modules().items() if (long := too_many(path.read_text(encoding="utf-8")))}
    assert found == {}


def test_the_count_of_arguments_sees_each_kind():
    nine = "a, b, /, c, d, *, e, f, g, h, i"
    assert too_many(f"def wide({nine}): ...") == ["wide"]
    assert too_many(f"class A:\n    async def wide(self, {nine}): ...") == ["wide"]
    assert too_many(f"@njit(cache=True)\ndef kernel({nine}): ...") == []
    assert too_many("def eight(a, b, c, d, e, f, g, **h): ...") == []


def test_only_kernels_are_let_off_complexity():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert lint["mccabe"]["max-complexity"] <= 15 and "C901" in lint["select"]
    let_off = [
        p for pattern, rules in lint["per-file-ignores"].items() if "C901" in rules for p in _spelled_out(pattern)
    ]
    product = [p for p in let_off if not p.startswith(("tests", "benchmarks", "notebooks", ".ci"))]
    assert product, "no kernel is let off: this test reads the wrong table"
    for file in product:
        assert "@njit" in (ROOT / file).read_text(encoding="utf-8"), file


def test_only_kernels_are_let_off_types():
    sections = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    named = [m for s in sections if s.get("disallow_untyped_defs") is False for m in s["module"] if not m.endswith("*")]
    found = modules()
    assert named and set(named) <= set(found)
    for name in named:
        for function, is_kernel in functions(ast.parse(found[name].read_text(encoding="utf-8"))):
            assert is_kernel or untyped(function) == [], f"{name}.{function.name}"


def untyped(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """What of a function has no type: names of arguments, ``return``."""
    a = function.args
    every = [v for v in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if v is not None]
    bare = [v.arg for v in every if v.annotation is None and v.arg not in ("self", "cls")]
    return bare + ["return"] * (function.returns is None)


def _spelled_out(pattern: str) -> list[str]:
    """``a/{b,c/{d,e}}.py`` -> its files."""
    inner = re.search(r"\{([^{}]*)\}", pattern)
    if inner is None:
        return [pattern]
    return [
        p
        for part in inner[1].split(",")
        for p in _spelled_out(pattern[: inner.start()] + part + pattern[inner.end() :])
    ]


def test_a_basename_stands_once_or_is_listed():
    paths = [p.relative_to(ROOT).with_suffix("").as_posix() for p in modules().values() if p.name != "__init__.py"]
    by_name: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        by_name[path.rsplit("/", 1)[-1]].add(path)
    page = (ROOT / "docs/dev/naming.md").read_text(encoding="utf-8")
    listed = {m[1]: set(re.findall(r"`([^`]+)`", m[2])) for m in re.finditer(r"^\* `(\w+)`: (`.*)$", page, re.M)}
    assert {name: where for name, where in by_name.items() if len(where) > 1} == listed


def shaped(source: str) -> list[tuple[int, str]]:
    """Lines by number, with every name, text and number in one shape; imports, fields and plain entries (``"a": 1,``) apart."""
    lines: dict[int, list[str]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            lines[token.start[0]].append(token.string if keyword.iskeyword(token.string) else "N")
        elif token.type == tokenize.STRING:
            if not (token.start[1] == len(token.line) - len(token.line.lstrip()) and not lines[token.start[0]]):
                lines[token.start[0]].append("S")
        elif token.type == tokenize.NUMBER:
            lines[token.start[0]].append("0")
        elif token.type == tokenize.OP:
            lines[token.start[0]].append(token.string)
    said = ((n, " ".join(parts)) for n, parts in sorted(lines.items()))
    return [(n, text) for n, text in said if len(text.rstrip(" ,").split()) > 3 and not _ONLY_SAYS.match(text)]


def pairs_of(sources: dict[str, str], most: int) -> set[tuple[str, str]]:
    """Files of which more than ``most`` lines in a row have the shape of as many others."""
    seen: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for file, source in sources.items():
        lines = shaped(source)
        for i in range(len(lines) - most):
            seen[tuple(text for _, text in lines[i : i + most + 1])].append((file, i))
    return {
        (one, other)
        for places in seen.values()
        for k, (one, i) in enumerate(places)
        for other, j in places[k + 1 :]
        if one != other or j - i > most
    }


def test_nothing_of_the_product_is_written_twice():
    files = {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in modules().values()}
    found = {pair for pair in pairs_of(files, LONGEST_PAIR) if not any(file.startswith(TABULAR) for file in pair)}
    assert found == set()


def test_the_search_finds_a_copy_under_other_names():
    body = [f"    value_{i} = call_{i}(argument, {i}) + other" for i in range(LONGEST_PAIR)]
    one = "\n".join(["def one(argument, other):", *body, "    return value_1"])
    two = one.replace("value", "result").replace("one", "two").replace("argument", "given")
    assert pairs_of({"a.py": one, "b.py": two}, LONGEST_PAIR) == {("a.py", "b.py")}
    assert pairs_of({"a.py": one, "b.py": "\n".join(two.splitlines()[3:])}, LONGEST_PAIR) == set()
