"""What a verb answers to a program: one JSON document, of the schema in ``docs/schemas``; and the statuses that it ends with.

Belongs here: gathering, and values as JSON has them. Does not belong here: what a verb finds, nor an import of a library at
the top.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from khanij.foundation.errors import KhanijError, PublishingError

if TYPE_CHECKING:
    import pandas as pd

DONE, FAILED, USAGE, NOTHING = 0, 1, 2, 3


def note(arguments: argparse.Namespace, **parts: Any) -> None:
    """Keep a part of the answer, for ``--json`` and ``--quiet``; a list goes on where one of its name was begun."""
    answer = vars(arguments).setdefault("answer", {})
    for name, value in parts.items():
        answer[name] = [*answer[name], *value] if isinstance(answer.get(name), list) else value


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON has it: a row a mapping, what is not known ``null``."""
    found = json.loads(frame.to_json(orient="records", double_precision=15))
    return [dict(row) for row in found]


def status_of(error: KhanijError) -> int:
    """The status that a verb ends with for an error: 2 what was asked for is wrong, 3 it is not there, 1 it failed."""
    names_option = error.field is not None and error.layer is None and isinstance(error, PublishingError)
    if names_option or str(error.field).startswith("--"):
        return USAGE if error.exit_status == FAILED else error.exit_status
    return error.exit_status


def told_of(error: KhanijError) -> dict[str, Any]:
    """An error as a document: what is wrong, where, what to do."""
    where = {name: getattr(error, name) for name in ("file", "layer", "row", "field", "do")}
    message = "; also: ".join([error.message, *(f"{e.field}: {e.message} ({e.do})" for e in error.others)])
    return {"message": message} | {k: None if v is None else str(v) for k, v in where.items()}


def answered(arguments: argparse.Namespace, work: Callable[[], int]) -> int:
    """Do a verb's work with its sentences held back; print its answer as JSON, or the paths of its files alone."""
    with contextlib.redirect_stdout(io.StringIO()):
        status = work()
    answer: dict[str, Any] = vars(arguments).get("answer", {})
    if arguments.json:
        document = {"verb": arguments.verb, "exit": status, "error": None} | answer
        print(json.dumps(document, ensure_ascii=False, default=_plain, indent=1))
    else:
        for file in answer.get("files", []):
            print(file)
    return status


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # a number of numpy
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
