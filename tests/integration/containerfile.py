"""``deploy/Containerfile`` read as an engine reads it: its steps, its context, and its first stage followed in a folder.

Belongs here: parsing, what of a tree passes ``.dockerignore``, following the steps without an engine and without root. What must
come of it is in the tests. Not done: the steps of the second stage that need root (apt-get, useradd).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "Containerfile"
BOOTSTRAP = ".venv/bin/python -m pip install --require-hashes -r requirements-bootstrap.lock"


@dataclass(frozen=True)
class Step:
    """One instruction: ``word`` and what follows it."""

    word: str
    text: str

    @property
    def words(self) -> list[str]:
        """What follows as words; of the form that is JSON its members."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)

    @property
    def is_from_a_stage(self) -> bool:
        """Whether a COPY takes from another stage and not from the context."""
        return any(w.startswith("--from=") for w in self.words)

    @property
    def sources(self) -> list[str]:
        """What a COPY takes."""
        return [w for w in self.words if not w.startswith("--")][:-1]


def stages() -> list[list[Step]]:
    """The stages, each with its steps, FROM first."""
    text = re.sub(r"\\\n\s*", "", "".join(line for line in FILE.read_text().splitlines(True) if line[:1] not in "#\n"))
    found: list[list[Step]] = []
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append(Step(word, rest.strip()))
    return found


def environment_of(steps: list[Step], given: dict[str, str]) -> dict[str, str]:
    """``given`` with what ENV sets."""
    known = dict(given)
    for step in (s for s in steps if s.word == "ENV"):
        for pair in step.words:
            name, _, value = pair.partition("=")
            known[name] = re.sub(r"\$(\w+)", lambda m: known.get(m[1], ""), value)
    return known


def passes(path: str) -> bool:
    """Whether ``.dockerignore`` lets a path (``/`` between parts) into the context: the last line that matches decides."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.lstrip("!")
            regex = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            if re.fullmatch(f"{regex}(?:/.*)?", path):
                kept = line.startswith("!")
    return kept


def context() -> Iterator[str]:
    """The files that a build is sent, relative to the project's root."""
    tops = [entry.name for entry in sorted(ROOT.iterdir()) if any(passes(f"{entry.name}{end}") for end in ("", "/x"))]
    for top in tops:
        place = ROOT / top
        files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
        yield from (name for p in files if passes(name := p.relative_to(ROOT).as_posix()))


@dataclass
class Followed:
    """The first stage in a folder that stands for ``/``."""

    root: Path
    base: str
    uv: Path
    lines: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """Absolute paths of the image as paths of this folder."""
        return re.sub(r"(?<![\w.])/(opt|var/lib|etc)/khanij\b", rf"{self.root}/\1/khanij", text)

    def run(self) -> None:
        """Follow WORKDIR, ENV, COPY and RUN of the stage that builds; a step that fails says what it said."""
        steps = stages()[0]
        place = self.root
        bin_ = self.root / "bin"
        bin_.mkdir(parents=True)
        (bin_ / "python").symlink_to(self.base)
        self.environment = {"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(self.root), "LANG": "C.UTF-8"}
        cache = os.environ.get("UV_CACHE_DIR") or f"{os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'}/uv"
        self.environment |= {"UV_OFFLINE": "1", "UV_CACHE_DIR": cache, "UV_LINK_MODE": "copy"}
        self.environment = environment_of(steps, self.environment)
        for step in steps:
            if step.word == "WORKDIR":
                place = Path(self.here(step.text))
                place.mkdir(parents=True, exist_ok=True)
            elif step.word == "COPY":
                self._copy(step, place)
            elif step.word == "RUN":
                # uv, the one package of the bootstrap lock, is taken from here: pip knows no cache without a server.
                line = self.here(step.text).replace(BOOTSTRAP, f"cp {shlex.quote(str(self.uv))} .venv/bin/uv")
                self.lines.append(line)
                done = subprocess.run(
                    ["/bin/sh", "-euc", line], cwd=place, env=self.environment, capture_output=True, text=True
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

    def _copy(self, step: Step, place: Path) -> None:
        target = step.words[-1]
        for source in step.sources:
            found = [name for name in context() if name == source or name.startswith(f"{source}/")]
            assert found, f"COPY {source}: nothing of that name is in the context"
            for name in found:
                inside = name[len(source) + 1 :]
                to = place / target / inside if inside else place / target / Path(name).name
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, to)
