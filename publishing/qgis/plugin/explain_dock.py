"""*Explain a block* at a click: the map tool, and the panel with the command's answer.

Belongs here: which block was clicked, and showing the text. Does not belong here: what the text says.
"""

from __future__ import annotations

import html
from typing import Any

from qgis.core import QgsApplication, QgsFeature, QgsProject, QgsTask
from qgis.gui import QgsMapToolIdentify
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QDockWidget, QTextBrowser

from .answer_tools import explained, page_of
from .calling import TELLER, AskedError, StoppedError
from .results import Result, file_of, result_of

WAITING = "Asking khanij about {} ..."
NOTHING = "No block of a result of Khanij here. Load a result or Rank a region brings one into the project."


class ExplainMapTool(QgsMapToolIdentify):
    """A click names the block that is uppermost there."""

    clicked = pyqtSignal(object, str)

    def canvasReleaseEvent(self, event: Any) -> None:
        layers = [layer for layer in self.canvas().layers() if file_of(layer) is not None]
        point = event.originalPixelPoint()
        found = self.identify(point.x(), point.y(), layers, QgsMapToolIdentify.IdentifyMode.TopDownAll)
        for hit in sorted(found, key=lambda hit: _area(hit.mFeature)):
            block_id = hit.mFeature["block_id"]
            if block_id:
                self.canvas().flashFeatureIds(hit.mLayer, [hit.mFeature.id()])
                self.clicked.emit(hit.mLayer, str(block_id))
                return
        self.clicked.emit(None, "")


def _area(feature: QgsFeature) -> float:
    """Where blocks lie one upon the other, the smallest is meant: the others can be clicked beside it."""
    return float(feature.geometry().area())


class _Asking(QgsTask):
    """The question, off the main thread; QGIS shows it among its tasks and can cancel it."""

    def __init__(self, result: Result, block_id: str, told: Any) -> None:
        super().__init__(f"Khanij: explain {block_id}")
        self.result, self.block_id, self.told = result, block_id, told
        self.text, self.error = "", AskedError("")

    def run(self) -> bool:
        try:
            self.text = explained(self.result, self.block_id, self)
        except StoppedError:
            self.error = AskedError("stopped")
        except AskedError as error:
            self.error = error
        return bool(self.text)

    def finished(self, is_done: bool) -> None:
        self.told(self, is_done)


class ExplainDock(QDockWidget):
    """The panel: the answer of ``khanij explain`` for the block that was clicked last."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__("Khanij: why this block", parent)
        self.setObjectName("KhanijExplain")
        self.shown = QTextBrowser(self)
        self.shown.setPlainText(NOTHING)
        self.setWidget(self.shown)
        self.asking: _Asking | None = None

    def ask(self, layer: Any, block_id: str) -> None:
        """Show the answer on a block; what was asked before and is not answered yet is let go."""
        self.show()
        self.raise_()
        if self.asking is not None:
            self.asking.cancel()
        self.asking = None
        if layer is None:
            self.shown.setPlainText(NOTHING)
            return
        self.shown.setPlainText(WAITING.format(block_id))
        try:
            file = file_of(layer)
            assert file is not None
            self.asking = _Asking(result_of(file), block_id, self._told)
        except AskedError as error:
            self._failed(error)
            return
        QgsApplication.taskManager().addTask(self.asking)

    def _told(self, task: _Asking, is_done: bool) -> None:
        if task is not self.asking:
            return  # another block was clicked meanwhile
        self.asking = None
        if is_done:
            self.shown.setHtml(page_of(task.block_id, task.text))
        else:
            self._failed(task.error)

    def _failed(self, error: AskedError) -> None:
        self.shown.setHtml(f"<p><b>{html.escape(error.message)}</b></p><p>{html.escape(error.remedy)}</p>")
        TELLER.failed.emit(error.message, error.remedy)


def add_dock(iface: Any) -> ExplainDock:
    """The panel at the right of the main window, hidden until it is asked for."""
    dock = ExplainDock(iface.mainWindow())
    iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    dock.hide()
    return dock


def result_layers(project: QgsProject) -> list[Any]:
    """Layers of the project that show ranked blocks, one of each file, as they lie in the tree."""
    found: dict[str, Any] = {}
    for node in project.layerTreeRoot().findLayers():
        file = file_of(node.layer())
        if file is not None and node.layer().fields().lookupField("rank") >= 0:
            found.setdefault(str(file), node.layer())
    return list(found.values())
