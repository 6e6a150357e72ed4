"""Whether a real QGIS is on this machine, and which Python has it; tests of every folder ask here."""

import os
import shutil
import subprocess

import pytest

PYTHON = os.environ.get("KHANIJ_QGIS_PYTHON", "/usr/bin/python3")


def has_qgis() -> bool:
    """Whether that Python can import it."""
    if not shutil.which(PYTHON):
        return False
    return subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0


NEEDS_QGIS = [
    pytest.mark.integration,
    pytest.mark.qgis,
    pytest.mark.skipif(not has_qgis(), reason="no QGIS: apt-get install --no-install-recommends python3-qgis"),
]
