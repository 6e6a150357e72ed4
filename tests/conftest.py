"""How property tests run: the same examples every time, and no deadline, because a first call compiles.

``pytest --hypothesis-profile=explore`` looks at new examples instead.

Files that start whole runs of the product come first, the longest before the others, so that no process waits at the
end for another's last file (``--no-loadscope-reorder`` keeps this order).
"""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("khanij", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("khanij")

HERE = Path(__file__).parent
LONGEST_FIRST = (
    "faults/test_edited_during_run.py",
    "integration/test_end_to_end.py",
    "integration/test_qgis_plugin.py",
    "integration/test_remote_sources.py",
    "faults/test_publication_runs.py",
    "faults/test_stop_signals.py",
    "pipelines/test_every_file_counts.py",
    "test_one_file_to_touch.py",
    "pipelines/test_empty_is_a_result.py",
    "data_sources/readers/test_waste_merge.py",
    "integration/test_customers_files.py",
    "pipelines/test_new_region_runs.py",
    "pipelines/test_broken_layers_publish.py",
    "data_sources/sheets/test_sheets.py",
    "scoring/ground/test_weights_of_evidence.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of ``LONGEST_FIRST`` before the others; within a file nothing moves."""
    place = {str(HERE / name): i for i, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(str(item.path), len(place)))
