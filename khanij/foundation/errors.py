"""The exception tree of the whole project: every error says where it is (file, layer, row, field) and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from khanij.foundation.redaction import without_known


class KhanijError(Exception):
    """Base of every error that Khanij raises on purpose.

    Parameters
    ----------
    message : what is wrong, in one sentence.
    file, layer, row, field : where it is; only what is known is printed.
    do : what the user can do about it.

    ``exit_status`` is what the command line ends with: 1 it failed, 2 what was asked for is wrong, 3 it is not there.
    ``others`` are further faults of the same file, told after this one (``together``).
    """

    exit_status = 1
    others: tuple[KhanijError, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        file: object = None,
        layer: str | None = None,
        row: object = None,
        field: str | None = None,
        do: str | None = None,
    ) -> None:
        message = without_known(message)  # a server may quote in its answer what it was sent
        self.message, self.file, self.layer, self.row, self.field, self.do = message, file, layer, row, field, do
        where = [
            f"{k} {v}" for k, v in (("file", file), ("layer", layer), ("row", row), ("field", field)) if v is not None
        ]
        text = message if not where else f"{message} ({', '.join(where)})"
        self.alone = without_known(text if not do else f"{text}. What to do: {do}")
        super().__init__(self.alone)


class SourceError(KhanijError):
    """A source could not be reached, read or trusted."""


class MissingSourceError(SourceError):
    """A file, layer or table that was asked for is not there."""

    exit_status = 3


class CardError(SourceError):
    """A source card is wrong: no YAML, or a key or value that no card may hold."""

    exit_status = 2


class ContractError(KhanijError):
    """A table does not have the fields, types or keys that its contract asks for."""

    exit_status = 2


class UnitError(ContractError):
    """A column's unit is unknown, impossible, or contradicted by its own values."""


class CrsError(KhanijError):
    """A coordinate reference system is missing, unknown, or unfit for the computation (for example not equal-area)."""

    exit_status = 2


class RegionError(KhanijError):
    """A region's YAML, or a setting given with ``--set``, is wrong."""

    exit_status = 2


class BusyError(RegionError):
    """Another run of the same result is under way."""

    exit_status = 1


class ScoringError(KhanijError):
    """A formula was given what it must refuse (too few training points, CR >= 0.10, a single block to rank)."""


class PublishingError(KhanijError):
    """A result could not be written whole; what was published before is still in place."""


class NothingFoundError(PublishingError):
    """What was asked for is well said, and no row of the result is so."""

    exit_status = 3


SomeError = TypeVar("SomeError", bound=KhanijError)


def together(errors: Sequence[SomeError]) -> SomeError:
    """The first of several faults, which tells the others after itself, a line each; none is left for the next try."""
    first, *rest = errors
    if rest:
        first.others = tuple(rest)
        first.args = ("\n".join([first.alone, *(f"Also: {error.alone}" for error in rest)]),)
    return first
