"""The ledger of one admission: which row, which field, which value, for which reason, held or only marked.

Belongs here: collecting findings without copying rows. Does not belong here: deciding what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_sources.contracts.contract import QUARANTINE_COLUMNS


class Ledger:
    """Findings of one frame of n rows; ``held`` grows as rows are quarantined."""

    def __init__(self, source: str, layer: str, row_numbers: np.ndarray) -> None:
        self.source, self.layer, self.rows = source, layer, row_numbers
        self.held = np.zeros(len(row_numbers), dtype=bool)
        self._held: list[pd.DataFrame] = []
        self._marked: list[tuple[np.ndarray, pd.DataFrame]] = []
        self._columns: list[pd.DataFrame] = []
        self._marked_columns: list[pd.DataFrame] = []

    def hold(self, where: np.ndarray, field: str, values: Any, reason: str | np.ndarray) -> None:
        """Quarantine the rows at positions ``where`` (mask or integers); ``values`` is the raw column or the texts there.

        ``reason`` is one for all, or one for each of these rows.
        """
        at = self._positions(where)
        if len(at):
            self._held.append(self._frame(at, field, values, reason))
            self.held[at] = True

    def mark(self, where: np.ndarray, field: str, values: Any, reason: str) -> None:
        """Flag rows that stay."""
        at = self._positions(where)
        if len(at):
            self._marked.append((at, self._frame(at, field, values, reason)))

    def hold_column(self, field: str, value: str, reason: str) -> None:
        """A whole column is not used; its line has no row number, since no row is lost."""
        line = {
            "source": self.source,
            "layer": self.layer,
            "row": pd.NA,
            "field": field,
            "value": value,
            "reason": reason,
        }
        self._columns.append(_typed(pd.DataFrame([line])))

    def mark_column(self, field: str, value: str, reason: str) -> None:
        """A whole column is used but doubtful; its line has no row number."""
        line = {
            "source": self.source,
            "layer": self.layer,
            "row": pd.NA,
            "field": field,
            "value": value,
            "reason": reason,
        }
        self._marked_columns.append(_typed(pd.DataFrame([line])))

    def held_columns(self) -> list[dict[str, str]]:
        """``column``, ``value`` and ``reason`` of each column that is not used, of whatever kind, in the order of finding."""
        lines = (frame.iloc[0] for frame in self._columns)
        return [
            {"column": str(one["field"]), "value": str(one["value"]), "reason": str(one["reason"])} for one in lines
        ]

    def quarantine(self) -> pd.DataFrame:
        """Held columns, then held rows in order of the row number."""
        rows = (
            pd.concat(self._held, ignore_index=True)
            if self._held
            else _typed(pd.DataFrame(columns=list(QUARANTINE_COLUMNS)))
        )
        rows = rows.sort_values("row", kind="stable")
        return pd.concat([*self._columns, rows], ignore_index=True) if self._columns else rows.reset_index(drop=True)

    def flags(self) -> pd.DataFrame:
        """Marks on rows that stay, in order of the row number; marks on held rows are dropped."""
        kept = [frame[~self.held[at]] for at, frame in self._marked]
        rows = pd.concat(kept, ignore_index=True) if kept else _typed(pd.DataFrame(columns=list(QUARANTINE_COLUMNS)))
        rows = rows.sort_values("row", kind="stable")
        every: pd.DataFrame = pd.concat([*self._marked_columns, rows], ignore_index=True)
        return every

    def flagged_rows(self) -> int:
        """Number of distinct rows that stay and carry a mark."""
        marked = np.zeros(len(self.rows), dtype=bool)
        for at, _ in self._marked:
            marked[at] = True
        return int((marked & ~self.held).sum())

    def _positions(self, where: np.ndarray) -> np.ndarray:
        where = np.asarray(where)
        return np.flatnonzero(where) if where.dtype == bool else where.astype(int)

    def _frame(self, at: np.ndarray, field: str, values: Any, reason: str | np.ndarray) -> pd.DataFrame:
        if isinstance(values, str):
            text: Any = values
        elif hasattr(values, "texts"):
            text = values.texts(at)
        elif isinstance(values, pd.Series):
            text = (
                values.iloc[at].astype("str").to_numpy(dtype=object)
                if len(values) == len(self.rows)
                else values.to_numpy()
            )
        else:
            array = np.asarray(values, dtype=object)
            text = (
                pd.Series(array[at] if len(array) == len(self.rows) and len(at) != len(array) else array)
                .astype("str")
                .to_numpy(dtype=object)
            )
        return _typed(
            pd.DataFrame(
                {
                    "source": self.source,
                    "layer": self.layer,
                    "row": self.rows[at],
                    "field": field,
                    "value": text,
                    "reason": reason,
                }
            )
        )


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({c: ("Int64" if c == "row" else "str") for c in QUARANTINE_COLUMNS})[list(QUARANTINE_COLUMNS)]
