"""How old the sources of a region are.

Belongs here: the clock held against files and the archive. Does not belong here: what is due (``assets.archive``,
``pipelines.automations.planning``). An age is told and enters no result.
"""

from __future__ import annotations

import time

from assets.archive import archive_of
from assets.workspace import Workspace, companions
from data_sources.cards import load_card
from data_sources.connectors.in_archive import last_asked
from data_sources.regions import LayerSource, Region

DAY_S = 86_400.0
DEFAULT_FRESH_DAYS = 365  # a source whose card says nothing is asked again once a year


def source_ages_days(
    workspace: Workspace, region: Region, layers: tuple[str, ...] | None = None, now: float | None = None
) -> dict[str, float]:
    """Days since each source was last asked (remote) or its newest file was written; those that are not here have none.

    Parameters
    ----------
    layers : the roles that are asked for, all where None. now : seconds since the epoch.
    """
    now = time.time() if now is None else now
    found = {
        role: at
        for role, source in sorted(region.sources().items())
        if (layers is None or role.split(".")[0] in layers) and (at := _read_at(workspace, region, source)) is not None
    }
    return {role: max(0.0, (now - at) / DAY_S) for role, at in found.items()}


def _read_at(workspace: Workspace, region: Region, source: LayerSource) -> float | None:
    card = load_card(source.card)
    if source.path is None:
        return last_asked(card, archive_of(workspace), extent=region.extent_deg) if card.is_remote else None
    return max((f.stat().st_mtime for f in companions(workspace.layer_path(region, source))), default=None)
