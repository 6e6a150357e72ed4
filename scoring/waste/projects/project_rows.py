"""Rows that grow one by one and become the arrays of the kernel: figures of a site, members of a complex.

Belongs here: flat arrays from what is said of a figure. Does not belong here: recoveries, prices and cost laws
(``project_inputs``), draws (``project_kernel``, ``project_complexes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import stream_key
from scoring.waste.projects.project_facts import Grade, Project
from scoring.waste.projects.project_kernel import ComplexInputs


@dataclass
class Rows:
    """Columns that grow row by row and become the arrays of the kernel."""

    columns: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, **values: object) -> None:
        """One row, a value a column."""
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)

    def array(self, name: str, dtype: type = float) -> NDArray[Any]:
        """One column; empty where there is no row."""
        return np.array(self.columns.get(name, []), dtype)

    def keys(self, name: str) -> NDArray[np.uint64]:
        """(n, 4) of a column of stream keys."""
        rows = self.columns.get(name, [])
        return np.stack(rows) if rows else np.zeros((0, 4), np.uint64)


def figure_row(rows: Rows, project: Project, grade: Grade, seed: int) -> None:
    """Add one figure of a site, with the names of its streams; who borrows a figure shares a factor with all who do."""
    site = project.site_id
    common = (Stream.BORROWED_GRADE, *grade.borrowed_from) if grade.borrowed_from else (Stream.GRADE_OF_SITE, site)
    rows.add(
        mu=grade.width.mu,
        sigma=grade.width.sigma,
        pure=grade.pure_ppm,
        common_key=stream_key(seed, *common),
        key=stream_key(seed, Stream.GRADE, site, grade.label),
    )


def profile_rows(rows: Rows, names: Sequence[str]) -> NDArray[np.int64]:
    """Row of ``profile_draws`` of each row's column ``share``, -1 where the figure is the whole."""
    return np.array([-1 if s is None else names.index(s) for s in rows.columns.get("share", [])], np.int64)


@dataclass
class ComplexRows:
    """Rows of the complexes: members, their figures, and the products that a figure stands for."""

    members: Rows = field(default_factory=Rows)
    figures: Rows = field(default_factory=Rows)
    parts: Rows = field(default_factory=Rows)
    ptr: list[int] = field(default_factory=lambda: [0])
    figure_ptr: list[int] = field(default_factory=lambda: [0])
    part_ptr: list[int] = field(default_factory=lambda: [0])

    def add(self, members: Sequence[Project], elements: Sequence[str], seed: int) -> None:
        """One complex whose plant sells ``elements``, in the order of the products of its carrier's row."""
        for member in members:
            self.members.add(
                tonnage_mu=member.tonnage_t.mu,
                tonnage_sigma=member.tonnage_t.sigma,
                tonnage_key=stream_key(seed, Stream.TONNAGE, member.site_id),
            )
            for grade in sorted(member.grades, key=lambda g: g.label):
                sold = [p for p in grade.products if p.element in elements]
                if not sold:
                    continue
                figure_row(self.figures, member, grade, seed)
                for p in sold:
                    self.parts.add(product=elements.index(p.element), share=p.share, recovered=int(p.recovered))
                self.part_ptr.append(len(self.parts.columns["product"]))
            self.figure_ptr.append(len(self.part_ptr) - 1)
        self.close()

    def close(self) -> None:
        """The row of the carriers is done, or is that of a site on its own."""
        self.ptr.append(len(self.figure_ptr) - 1)

    def arrays(self, profile_names: Sequence[str]) -> ComplexInputs:
        """The rows as the kernel reads them."""
        return ComplexInputs(
            ptr=np.array(self.ptr, np.int64),
            tonnage_mu=self.members.array("tonnage_mu"),
            tonnage_sigma=self.members.array("tonnage_sigma"),
            tonnage_key=self.members.keys("tonnage_key"),
            figure_ptr=np.array(self.figure_ptr, np.int64),
            figure_mu=self.figures.array("mu"),
            figure_sigma=self.figures.array("sigma"),
            figure_pure=self.figures.array("pure"),
            figure_common_key=self.figures.keys("common_key"),
            figure_key=self.figures.keys("key"),
            part_ptr=np.array(self.part_ptr, np.int64),
            part_product=self.parts.array("product", np.int64),
            part_share=profile_rows(self.parts, profile_names),
            part_recovered=self.parts.array("recovered", np.int64),
        )
