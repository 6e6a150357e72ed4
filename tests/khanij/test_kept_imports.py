"""What modules import is kept between processes by the hash of their bytes, and nothing else vouches for it."""

import atexit
import hashlib
import importlib.util
import json
import sys

import pytest

from khanij.foundation import closure
from khanij.foundation.closure import ROOT, closure_of

ASSET = ("assets.evidence", "fertility")


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Where the list is written in this test, and a fresh process's memory: nothing parsed, nothing read."""
    at_end = []
    monkeypatch.setattr(importlib.util, "cache_from_source", lambda file: str(tmp_path / "closure.pyc"))
    monkeypatch.setattr(atexit, "register", at_end.append)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def fresh(end: bool = False):
        while end and at_end:
            at_end.pop()()
        for remembered in (closure._kept_imports, closure._parsed, closure._defined):
            remembered.cache_clear()
        closure.forget_closures()

    fresh()
    yield tmp_path / "closure.kept", fresh
    monkeypatch.undo()
    fresh()


def parsed(monkeypatch):
    """The modules that are parsed from now on."""
    seen, parse = [], closure.ast.parse
    monkeypatch.setattr(closure.ast, "parse", lambda text, name: seen.append(name) or parse(text, name))
    return seen


def test_a_second_process_parses_the_asset_alone_and_finds_the_same(kept, monkeypatch):
    file, fresh = kept
    first = closure_of(*ASSET)
    fresh(end=True)
    seen = parsed(monkeypatch)
    assert closure_of(*ASSET) == first
    assert seen == [str(ROOT / "assets" / "evidence.py")], "its function is looked into"
    assert len(first.files) > 50 and file.is_file()


def test_other_bytes_and_other_tables_are_parsed_anew(kept, monkeypatch):
    file, fresh = kept
    closure_of(*ASSET)
    fresh(end=True)
    version, _, text = file.read_text().split("\n", 2)
    table = json.loads(text)
    changed = "scoring/ground/fertility.py"
    assert changed in table
    table[changed] = ["0" * 64, [], {}, []]  # as of other bytes, which imported nothing
    text = json.dumps(table)
    file.write_text(f"{version}\n{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
    seen = parsed(monkeypatch)
    assert "scoring/ground/settings.py" in closure_of(*ASSET).files
    assert str(ROOT / changed) in seen
    fresh()
    monkeypatch.setattr(closure, "_known_tables", lambda: ("elements", "one_more"))
    seen.clear()
    closure_of(*ASSET)
    assert len(seen) > 50, "which tables there are decides which a module opens"


@pytest.mark.parametrize("damage", [b"", b"\n\n", b"x", b"\xff\n\n{}", None])
def test_a_damaged_list_and_one_of_other_code_are_none(kept, monkeypatch, damage):
    file, fresh = kept
    first = closure_of(*ASSET)
    fresh(end=True)
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"scipy", b"scipX") if damage is None else damage)
    seen = parsed(monkeypatch)
    assert closure_of(*ASSET) == first
    assert len(seen) > 50
    fresh()
    file.write_bytes(b"0" * 64 + whole[64:])
    seen.clear()
    assert closure_of(*ASSET) == first
    assert len(seen) > 50


def test_nothing_is_written_where_python_writes_no_bytecode(kept, monkeypatch):
    file, fresh = kept
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    closure_of(*ASSET)
    fresh(end=True)
    assert not file.exists()
