"""The provider ``khanij`` of the Processing toolbox: its tools in the order in which they are used.

Belongs here: the list. Does not belong here: a tool.
"""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .answer_tools import CompareResults, ExplainBlock, SampleNext, Shortlist
from .own_tools import RankMyLayers, ValidateLayer
from .run_tools import LoadResult, RankRegion, WhatIf

TOOLS = (
    RankRegion, RankMyLayers, ValidateLayer, ExplainBlock, WhatIf, LoadResult, CompareResults, Shortlist, SampleNext,
)  # fmt: skip


def icon() -> QIcon:
    """The picture of the plugin."""
    return QIcon(str(Path(__file__).with_name("icon.svg")))


class KhanijProvider(QgsProcessingProvider):
    """All tools."""

    def loadAlgorithms(self) -> None:
        for tool in TOOLS:
            self.addAlgorithm(tool())

    def id(self) -> str:
        return "khanij"

    def name(self) -> str:
        return "Khanij"

    def icon(self) -> QIcon:
        return icon()
