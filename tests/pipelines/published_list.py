"""The list of a published set of the current generation, for tests that store results without making files."""

from __future__ import annotations

from typing import Any

from assets.generation import generation
from assets.workspace import Workspace
from publishing.sets.listing import SET_LIST, ListedFile, SetList, rendered


def publish_list(region: str, workspace: Workspace, **files: dict[str, Any]) -> None:
    """Say that the region's set is published: files by name, each with ``sha256`` and ``bytes``."""
    current = generation(region, workspace)
    listed = {name: ListedFile(**file) for name, file in files.items()}
    new = SetList(region=region, generation=current, inputs=current, files=listed)
    (workspace.output_folder(region) / SET_LIST).write_bytes(rendered(new))
