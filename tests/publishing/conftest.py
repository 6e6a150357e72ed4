"""One made-up publication and its GeoPackage for all publishing tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_publication import make_publication

from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication


@pytest.fixture(scope="session")
def publication() -> Publication:
    return make_publication()


@pytest.fixture(scope="session")
def geopackage(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published GeoPackage that no test may change."""
    return publish_geopackage(publication, tmp_path_factory.mktemp("output") / "example" / "ranked_blocks.gpkg").path
