"""What a stranger is told holds: the hooks ask what CI asks, long tests have short forms, documents link to what is there."""

import re
from pathlib import Path

import pytest
import yaml

from khanij.foundation.closure import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
DOCUMENTS += [ROOT / "examples" / "README.md"]


def commands_of(target: str) -> list[str]:
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    return [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in recipe.group(1).splitlines()]


def test_the_hooks_ask_what_ci_asks_and_no_server():
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repo["repo"] == "local" and all(hook["language"] == "system" for hook in repo["hooks"])
    asked = [hook["entry"] for hook in repo["hooks"]]
    assert asked[:-1] == commands_of("test")[:3] and asked[-1] == "make test"
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def long_tests() -> set[str]:
    listed = re.search(r"^LONG := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert listed is not None
    switched = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "tests").rglob("test_*.py")
        if 'environ.get("KHANIJ_LONG")' in p.read_text(encoding="utf-8") and p.name != Path(__file__).name
    }
    return set(listed.group(1).replace("\\\n", " ").split()) | switched


def test_every_long_test_is_named_with_a_short_form_that_make_test_runs():
    page = (ROOT / "docs" / "dev" / "tests.md").read_text(encoding="utf-8")
    rows = {row[0]: row[2] for row in re.findall(r"^\| `(tests/[^`]+)` \| (.*) \| (.*) \|$", page, re.MULTILINE)}
    assert set(rows) == long_tests()
    apart = set(re.search(r"^LONG := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE).group(1).replace("\\\n", " ").split())
    for name, short in rows.items():
        forms = re.findall(r"`(tests/[^`]+)`", short) or [name]
        assert not apart & set(forms), name
        assert all((ROOT / form).is_file() for form in forms), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


def test_every_decision_record_is_numbered_listed_and_says_what_would_change_it():
    folder = ROOT / "docs" / "adr"
    records = sorted(p for p in folder.glob("*.md") if p.name != "README.md")
    assert [int(p.name[:4]) for p in records] == list(range(1, len(records) + 1))
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert f"({record.name})" in listed
        assert all(f"**{part}" in text for part in ("Decided.**", "Why.**", "We would decide anew**")), record.name
        named = re.findall(r"`((?:tests|docs|khanij|scoring|publishing|data_sources)/[\w/.]+\.\w+)`", text)
        assert [name for name in named if not (ROOT / name).exists()] == [], record.name
