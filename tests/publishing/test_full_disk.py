"""A disk that fills up while the GeoPackage is written: the old file whole, and an error that names it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from example_publication import make_publication

from data_sources.contracts import PublishingError
from khanij.foundation.files import sha256_of
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table

STEPS = 12


@contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """A disk of its own of so many bytes."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small disk needs the rights for it (run as root)")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_wherever_the_disk_fills_up_the_old_file_stays_and_the_error_names_it(geopackage: Path, tmp_path: Path) -> None:
    old, new = geopackage.read_bytes(), make_publication(24)
    refused = 0
    for step in range(STEPS + 2):
        with disk(tmp_path, len(old) + 16_384 + step * len(old) // STEPS):
            path = tmp_path / "ranked_blocks.gpkg"
            path.write_bytes(old)
            before = sha256_of(path)
            try:
                publish_geopackage(new, path)
            except PublishingError as error:
                refused += 1
                assert str(path) in str(error) and "still in place" in str(error)
                assert sha256_of(path) == before
            else:
                assert len(read_table(path, "ranked_blocks")) == 24
            assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert STEPS // 2 < refused < STEPS + 2, "some sizes are too small and some are enough"


def test_a_file_that_lacks_rows_is_not_published(geopackage: Path, tmp_path: Path) -> None:
    import publishing.geopackage.geopackage as module

    frames = {"ranked_blocks": read_table(geopackage, "ranked_blocks")}
    module._count(geopackage, frames)
    with pytest.raises(PublishingError, match="rows were written"):
        module._count(geopackage, {"ranked_blocks": frames["ranked_blocks"].iloc[:-1]})
