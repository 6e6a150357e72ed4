"""One sample district for all tests of the generator."""

from __future__ import annotations

from pathlib import Path

import pytest

from khanij.sample import Manifest, write_district


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """Folder and manifest of the sample district as shipped."""
    folder = tmp_path_factory.mktemp("district")
    return folder, write_district(folder)
