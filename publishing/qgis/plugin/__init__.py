"""Khanij in QGIS: tools in the Processing toolbox, a click on a block, a dialog of levers.

Runs in QGIS's own Python (3.9 on, QGIS 3.22 on) and imports nothing of Khanij: whatever is computed, the ``khanij``
command of a chosen environment computes. Belongs here: asking that command and showing what it answers. Does not belong
here: a formula, or reading a source.
"""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:
    """The plugin, as QGIS asks for it by this name."""
    from .plugin_face import KhanijPlugin

    return KhanijPlugin(iface)
