"""What the tools of the Processing toolbox share: names, asking the command, failures, loading and tables.

Belongs here: the plain parts of an algorithm. Does not belong here: a tool of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterVectorLayer,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication, QUrl

from .calling import TELLER, AskedError, StoppedError, ask
from .results import Result, load, result_of, result_of_layer

RESULT, LOAD, OUTPUT = "RESULT", "LOAD", "OUTPUT"


class KhanijTool(QgsProcessingAlgorithm):
    """A tool: ``work`` does it in a thread of QGIS's choice, what is to be shown is added in the main one."""

    NAME, TITLE, HELP = "", "", ""

    def __init__(self) -> None:
        super().__init__()
        self.to_load: list[tuple[Path, bool]] = []

    def name(self) -> str:
        return self.NAME

    def displayName(self) -> str:
        return QCoreApplication.translate("Khanij", self.TITLE)

    def shortHelpString(self) -> str:
        return QCoreApplication.translate("Khanij", self.HELP)

    def createInstance(self) -> KhanijTool:
        return type(self)()

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        """Do it, and return the outputs."""
        raise NotImplementedError

    def prepare_layers(self, parameters: dict[str, Any], context: Any, feedback: Any) -> None:
        """Take from layers what the work needs: in the main thread, which layers belong to."""

    def prepareAlgorithm(self, parameters: dict[str, Any], context: Any, feedback: Any) -> bool:
        self.to_load = []
        self._told(self.prepare_layers, parameters, context, feedback)
        return True

    def processAlgorithm(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        return dict(self._told(self.work, parameters, context, feedback))

    def _told(self, part: Any, parameters: dict[str, Any], context: Any, feedback: Any) -> Any:
        """Do a part; what it cannot do is told in the log, and in the message bar."""
        try:
            return part(parameters, context, feedback)
        except StoppedError as stopped:
            raise QgsProcessingException(f"{self.TITLE}: {stopped}") from stopped
        except AskedError as error:
            TELLER.failed.emit(error.message, error.remedy)
            raise QgsProcessingException(str(error)) from error

    def postProcessAlgorithm(self, context: Any, feedback: Any) -> dict[str, Any]:
        for file, is_temporary in self.to_load:
            try:
                load(result_of(file), context.project() or QgsProject.instance(), is_temporary)
            except AskedError as error:
                feedback.reportError(str(error))
        return {}

    def ask(self, arguments: list[str], feedback: Any, environment: dict[str, str] | None = None) -> dict[str, Any]:
        """The answer of a verb; see ``calling.ask``."""
        feedback.pushInfo("khanij " + " ".join(arguments))
        return ask(arguments, feedback, environment)

    def add_result(self) -> None:
        """The parameter: a layer of ranked blocks in the project."""
        self.addParameter(
            QgsProcessingParameterVectorLayer(
                RESULT, "Result (a layer of ranked blocks)", [QgsProcessing.SourceType.TypeVector]
            )
        )

    def add_load(self) -> None:
        """The parameter: whether the result comes into the project."""
        self.addParameter(QgsProcessingParameterBoolean(LOAD, "Load the result into the project", True))

    def given_result(self, parameters: dict[str, Any], context: Any) -> Result:
        """The result of the layer that was chosen."""
        return result_of_layer(self.parameterAsVectorLayer(parameters, RESULT, context))

    def given_text(self, parameters: dict[str, Any], name: str, context: Any) -> str:
        """A text, without the blanks around it."""
        return str(self.parameterAsString(parameters, name, context) or "").strip()

    def sink(self, parameters: dict[str, Any], context: Any, of: tuple[QgsFields, Any, Any]) -> tuple[Any, str]:
        """The layer that is written: (where rows go, its id)."""
        fields, kind, crs = of
        sink, target = self.parameterAsSink(parameters, OUTPUT, context, fields, kind, crs)
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, OUTPUT))
        return sink, target


def fields_of(rows: list[dict[str, Any]], always: dict[str, bool]) -> QgsFields:
    """Fields of the rows of an answer, numbers and texts; ``always``: name -> whether it is a number, where there is no row."""
    numbers = dict(always)
    for row in rows:
        for name, value in row.items():
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None:
                numbers[name] = is_number and numbers.get(name, True)
            else:
                numbers.setdefault(name, True)
    # By way of a layer in memory, since the names of a field's types differ between Qt 5 and Qt 6; (0): of any length.
    parts = [f"field={_quoted(name)}:{'double' if n else 'string(0)'}" for name, n in numbers.items()]
    return QgsVectorLayer("NoGeometry?" + "&".join(parts), "fields", "memory").fields()


def _quoted(name: str) -> str:
    return bytes(QUrl.toPercentEncoding(name)).decode()


def put(sink: Any, fields: QgsFields, row: dict[str, Any], geometry: QgsGeometry | None = None) -> None:
    """Write one row; what is not known stays empty."""
    feature = QgsFeature(fields)
    for i in range(fields.count()):
        value = row.get(fields.at(i).name())
        if value is not None:
            feature.setAttribute(i, float(value) if fields.at(i).isNumeric() else str(value))
    if geometry is not None:
        feature.setGeometry(geometry)
    if not sink.addFeature(feature):
        raise QgsProcessingException(f"a row could not be written: {sink.lastError()}")
