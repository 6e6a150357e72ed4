"""The dialog *Settings*: which ``khanij`` is called, and where it works.

Belongs here: choosing and trying. Does not belong here: what is done with it (``calling``).
"""

from __future__ import annotations

import subprocess
from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel

from .calling import AskedError, command_path, environment_of, home_folder, keep_setting, setting


class SettingsDialog(QDialog):
    """The executable and the working folder, kept when *OK* is pressed."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Khanij: settings")
        self.command, self.home, self.said = QgsFileWidget(), QgsFileWidget(), QLabel()
        self.command.setFilePath(setting("command"))
        self.command.setDialogTitle("The file khanij, in bin or Scripts of its environment")
        self.home.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.home.setFilePath(str(home_folder()))
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        trying = buttons.addButton("Try it", QDialogButtonBox.ButtonRole.ActionRole)
        form = QFormLayout(self)
        form.addRow("khanij command (empty: the one on the path)", self.command)
        form.addRow("Working folder (results in its folder output)", self.home)
        form.addRow(self.said)
        form.addRow(buttons)
        buttons.accepted.connect(self.keep)
        buttons.rejected.connect(self.reject)
        trying.clicked.connect(self.try_it)

    def keep(self) -> None:
        """Keep what is chosen, and close."""
        keep_setting("command", self.command.filePath())
        keep_setting("home", self.home.filePath())
        self.accept()

    def try_it(self) -> None:
        """Say which version answers, or why none does."""
        try:
            path = command_path(self.command.filePath().strip())
            done = subprocess.run(
                [path, "--version"], env=environment_of(home_folder()), stdin=subprocess.DEVNULL, capture_output=True,
                text=True, timeout=60, check=True, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
            self.said.setText(f"{done.stdout.strip()} ({path})")
        except AskedError as error:
            self.said.setText(str(error))
        except (OSError, subprocess.SubprocessError) as error:
            self.said.setText(f"it does not answer: {error}")
