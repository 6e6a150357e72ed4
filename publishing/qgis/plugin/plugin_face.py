"""What QGIS shows of the plugin: the provider, a menu, a toolbar, the panel, the message bar.

Belongs here: putting things into the window and taking them out again. Does not belong here: what they do.
"""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.PyQt.QtWidgets import QToolBar

from .calling import TELLER
from .explain_dock import ExplainDock, ExplainMapTool, add_dock, result_layers
from .provider import KhanijProvider, icon
from .settings_dialog import SettingsDialog
from .what_if_dialog import WhatIfDialog

MENU = "Khanij"


class KhanijPlugin:
    """The plugin, loaded once a session."""

    def __init__(self, iface: Any) -> None:
        self.iface, self.provider = iface, None  # type: Any, Any
        self.actions: list[Any] = []
        self.toolbar: QToolBar | None = None
        self.dock: ExplainDock | None = None

    def initProcessing(self) -> None:
        """The tools alone, as ``qgis_process`` asks for them."""
        self.provider = KhanijProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:
        """The tools, and everything that is seen."""
        self.initProcessing()
        self.toolbar = self.iface.addToolBar(MENU)
        self.toolbar.setObjectName("KhanijToolbar")
        self.dock = add_dock(self.iface)
        self.map_tool = ExplainMapTool(self.iface.mapCanvas())
        self.map_tool.clicked.connect(self.dock.ask)
        explain = self._action("Explain a block", "mActionIdentify", self._explain)
        explain.setCheckable(True)
        self.map_tool.setAction(explain)
        self._action("What if ...", "", self.what_if)
        self._action("Settings ...", "mActionOptions", self.settings)
        TELLER.failed.connect(self.show_failure)

    def unload(self) -> None:
        """Take everything out of the window again."""
        QgsApplication.processingRegistry().removeProvider(self.provider)
        if self.toolbar is None:
            return  # the tools alone
        TELLER.failed.disconnect(self.show_failure)
        self.iface.mapCanvas().unsetMapTool(self.map_tool)
        for action in self.actions:
            self.iface.removePluginMenu(MENU, action)
        self.iface.removeDockWidget(self.dock)
        for shown in (self.toolbar, self.dock):
            if shown is not None:
                shown.deleteLater()

    def show_failure(self, message: str, remedy: str) -> None:
        """What is wrong and what to do, in the message bar until it is closed."""
        text = f"{message}. {remedy}" if remedy else message
        self.iface.messageBar().pushMessage("Khanij", text, Qgis.MessageLevel.Critical, 0)

    def what_if(self) -> WhatIfDialog:
        """Open the levers of the results in the project."""
        self.dialog = WhatIfDialog(result_layers(QgsProject.instance()), self.iface.mainWindow())
        self.dialog.show()
        return self.dialog

    def settings(self) -> None:
        """Choose the command and the working folder."""
        self.settings_dialog = SettingsDialog(self.iface.mainWindow())
        self.settings_dialog.show()

    def _explain(self) -> None:
        self.iface.mapCanvas().setMapTool(self.map_tool)

    def _action(self, title: str, picture: str, called: Any) -> Any:
        shown = QgsApplication.getThemeIcon(f"/{picture}.svg") if picture else icon()
        assert self.toolbar is not None
        action = self.toolbar.addAction(shown, title)  # its class lies elsewhere in Qt 5 and in Qt 6
        action.triggered.connect(lambda *_: called())
        self.iface.addPluginToMenu(MENU, action)
        self.actions.append(action)
        return action
