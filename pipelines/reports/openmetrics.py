"""Gauges as OpenMetrics text, which Prometheus, its node_exporter and other monitoring systems read.

Belongs here: the format, and a file of it. Does not belong here: what is measured (``families``). The format is written here and not by
``prometheus_client``, which the tests read it back with: it is thirty lines, and a library of counters, registries and
servers would be a further thing that every run depends on.

All are gauges, no sample has a time, and no family has a unit line: node_exporter's reader of text files knows the older
format alone, of which this is a part but for the last line, a comment to it. Source: OpenMetrics 1.0, sections 3 and 4.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from khanij.foundation.files import replace_file

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass
class Family:
    """A metric: ``name`` with its unit at the end, what it says, and its samples: labels and value."""

    name: str
    help: str
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def add(self, value: float | None, **labels: str) -> None:
        """Add a sample; a value that is not known is none."""
        if value is not None and math.isfinite(value):
            self.samples.append((labels, float(value)))


def text_of(families: Iterable[Family]) -> str:
    """The families that have samples as OpenMetrics text, by name; ended by ``# EOF``.

    Raises
    ------
    ValueError : a name that no reader takes, or one sample twice.
    """
    lines: list[str] = []
    for family in sorted(families, key=lambda f: f.name):
        if not _NAME.fullmatch(family.name):
            raise ValueError(f"no name of a metric: {family.name!r}")
        if not family.samples:
            continue
        rows = sorted(f"{family.name}{_labels(labels)} {_number(value)}" for labels, value in family.samples)
        names = [row.rpartition(" ")[0] for row in rows]
        if len(set(names)) < len(names):
            raise ValueError(f"a sample of {family.name} stands twice")
        lines += [f"# TYPE {family.name} gauge", f"# HELP {family.name} {_escaped(family.help)}", *rows]
    return "\n".join([*lines, "# EOF"]) + "\n"


def write_text(path: Path, text: str) -> None:
    """Put a text where a collector looks, whole or not at all, readable for every user.

    node_exporter reads every name that ends with ``.prom``, hidden ones too, so the temporary name does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(0o644)
        replace_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _labels(labels: Mapping[str, str]) -> str:
    told: Sequence[str] = [f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items())]
    return f"{{{','.join(told)}}}" if told else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
