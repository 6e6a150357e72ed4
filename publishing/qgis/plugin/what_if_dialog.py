"""The dialog *What if*: the page's levers, for a result in the project.

Belongs here: widgets and what they say. Does not belong here: running, which the tool *What if* of the toolbox does.
"""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from .calling import TELLER, AskedError
from .levers import MOST_TIMES, NUMBERS, OF_METALS, moved
from .results import result_of_layer, what_if_model
from .run_tools import GATES, NAME
from .tool import RESULT

NOT_PUBLISHED = "Not the published result: the layers that are loaded are temporary, and say which levers were moved."


def _spin(least: float, most: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(3)
    box.setRange(least, most)
    box.setSingleStep(0.05 if most <= 1 else 0.25)
    return box


def _called(layer: Any) -> str:
    try:
        return result_of_layer(layer).title
    except AskedError:
        return str(layer.name())


class WhatIfDialog(QDialog):
    """Levers of one result; *Run* ranks it again in the background."""

    ended = pyqtSignal(bool)

    def __init__(self, layers: list[Any], parent: Any = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Khanij: what if")
        self.resize(620, 720)
        self.layers, self.model = layers, {}  # type: list[Any], dict[str, Any]
        self.result, self.name = QComboBox(), QLineEdit("what_if")
        self.numbers = {key: _spin(least, most) for key, (_, _, least, most) in NUMBERS.items()}
        self.basket, self.deck, self.gates = QComboBox(), QComboBox(), QCheckBox("Gates and leases apply")
        self.prices: dict[str, QDoubleSpinBox] = {}
        self.metals, self.command = QFormLayout(), QLabel()
        self.command.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.run = self.buttons.addButton("Run", QDialogButtonBox.ButtonRole.ActionRole)
        self.reset = self.buttons.addButton("As in the result", QDialogButtonBox.ButtonRole.ResetRole)
        self.stop = QPushButton("Cancel the run")
        self.stop.setEnabled(False)
        self._lay_out()
        for layer in layers:
            self.result.addItem(_called(layer))
        for combo in (self.result, self.basket, self.deck):  # long titles do not widen the window
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(24)
        self.result.currentIndexChanged.connect(self._open)
        self.buttons.rejected.connect(self.reject)
        self.run.clicked.connect(self._run)
        self.reset.clicked.connect(self._reset)
        for box in self.numbers.values():
            box.valueChanged.connect(self._say)
        for combo in (self.basket, self.deck):
            combo.currentIndexChanged.connect(self._say)
        self.gates.toggled.connect(self._say)
        self.name.textChanged.connect(self._say)
        self.task: Any = None
        self._open()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Result", self.result)
        form.addRow("Name of the scenario", self.name)
        for key, (title, unit, _, _) in NUMBERS.items():
            form.addRow(f"{title} ({unit})" if unit else title, self.numbers[key])
        form.addRow("Metals that count", self.basket)
        form.addRow("Price deck", self.deck)
        form.addRow("", self.gates)
        box = QGroupBox("Price of one metal, times (0: no buyer)")
        box.setLayout(self.metals)
        form.addRow(box)
        inside, area = QWidget(), QScrollArea()
        inside.setLayout(form)
        area.setWidget(inside)
        area.setWidgetResizable(True)
        whole, below = QVBoxLayout(self), QHBoxLayout()
        whole.addWidget(area)
        note = QLabel(NOT_PUBLISHED)
        note.setWordWrap(True)
        whole.addWidget(note)
        whole.addWidget(self.command)
        below.addWidget(self.stop)
        below.addWidget(self.buttons)
        whole.addLayout(below)

    def _open(self) -> None:
        """Take the levers, baskets and metals of the chosen result."""
        try:
            self.model = what_if_model(result_of_layer(self.layers[self.result.currentIndex()]))
        except (AskedError, IndexError) as error:
            self.model = {}
            self.command.setText(
                str(error) if self.layers else "no result in the project: Rank a region, or Load a result"
            )
            self.run.setEnabled(False)
            return
        self.run.setEnabled(True)
        self.basket.clear()
        for name, title, _ in self.model["baskets"]:
            self.basket.addItem(title, name)
        self.deck.clear()
        for deck in sorted(
            {deck for e in self.model["elements"] for deck in e["price"]} | {self.model["levers"]["price_deck"]}
        ):
            self.deck.addItem(deck, deck)
        while self.metals.rowCount():
            self.metals.removeRow(0)
        self.prices = {}
        for element in self.model["elements"]:
            box = self.prices[element["symbol"]] = _spin(0.0, MOST_TIMES)
            box.valueChanged.connect(self._say)
            self.metals.addRow(f"{element['symbol']}  {element['name']}", box)
        self._reset()

    def _reset(self) -> None:
        levers = self.model["levers"]
        for key, box in self.numbers.items():
            box.setValue(float(levers[key]))
        for combo, key in ((self.basket, "basket"), (self.deck, "price_deck")):
            combo.setCurrentIndex(combo.findData(levers[key]))
        self.gates.setChecked(bool(levers["apply_gates"]))
        for symbol, box in self.prices.items():
            box.setValue(float(levers[OF_METALS].get(symbol, 1.0)))
        self._say()

    def chosen(self) -> dict[str, Any]:
        """The levers as the widgets stand; one that shows the standing value to three digits was not moved."""
        levers = self.model["levers"]
        found: dict[str, Any] = {
            key: levers[key] if abs(box.value() - levers[key]) < 5e-4 else box.value()
            for key, box in self.numbers.items()
        }
        found |= {
            "basket": self.basket.currentData(),
            "price_deck": self.deck.currentData(),
            "apply_gates": self.gates.isChecked(),
        }
        return {**found, OF_METALS: {symbol: box.value() for symbol, box in self.prices.items()}}

    def settings(self) -> list[str]:
        """``KEY=VALUE`` of each lever that was moved."""
        return moved(self.chosen(), self.model["levers"]) if self.model else []

    def _say(self) -> None:
        if not self.model:
            return
        settings = self.settings()
        result = result_of_layer(self.layers[self.result.currentIndex()])
        moves = " ".join(f"--set {s}" for s in settings)
        said = f"khanij run --region {result.region} --scenario {self.name.text()} {moves}"
        self.command.setText(said if settings else "No lever was moved.")
        self.run.setEnabled(bool(settings) and self.task is None)

    def parameters(self) -> dict[str, Any]:
        """What the tool *What if* is given."""
        levers, chosen = self.model["levers"], self.chosen()
        gates = 0 if chosen["apply_gates"] == levers["apply_gates"] else (1 if chosen["apply_gates"] else 2)
        prices = ", ".join(f"{e}={v:.12g}" for e, v in chosen[OF_METALS].items() if v != levers[OF_METALS].get(e, 1.0))
        same = [key for key in NUMBERS if chosen[key] == levers[key]]
        return {
            RESULT: self.layers[self.result.currentIndex()], NAME: self.name.text(), GATES: gates,
            OF_METALS.upper(): prices, "BASKET": chosen["basket"], "PRICE_DECK": chosen["price_deck"],
            **{key.upper(): chosen[key] for key in NUMBERS if key not in same},
        }  # fmt: skip

    def _run(self) -> None:
        """Rank in the background: the window stays open, and the run can be cancelled."""
        tool = QgsApplication.processingRegistry().createAlgorithmById("khanij:whatif")
        self.context, self.feedback = QgsProcessingContext(), QgsProcessingFeedback()
        self.context.setProject(QgsProject.instance())
        self.task = QgsProcessingAlgRunnerTask(tool, self.parameters(), self.context, self.feedback)
        self.task.executed.connect(self._done)
        self.stop.clicked.connect(self.task.cancel)
        self.stop.setEnabled(True)
        self.run.setEnabled(False)
        self.feedback.progressChanged.connect(lambda share: self.command.setText(f"{share:.0f} %"))
        QgsApplication.taskManager().addTask(self.task)

    def _done(self, is_done: bool, _: Any) -> None:
        self.task = None
        self.stop.setEnabled(False)
        self._say()
        if is_done:
            self.command.setText("Done: a temporary group stands above the other layers.")
        elif not self.feedback.isCanceled():
            TELLER.failed.emit(
                "the what-if was not ranked", "the log (View > Panels > Log Messages, Processing) says why"
            )
        self.ended.emit(is_done)
