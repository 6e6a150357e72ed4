"""The regions as Dagster's partitions: a YAML that was added or removed is one more or one fewer, without a restart.

Belongs here: telling an instance which regions there are. Does not belong here: the partitions' definition
(``assets.workspace``) or what a region needs (``automations.planning``).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from assets.workspace import PARTITIONS
from data_sources.regions import region_names

NAME = str(PARTITIONS.name)


def announce(regions: Sequence[str], instance: dg.DagsterInstance) -> None:
    """Make sure that the instance knows these regions; those it knows already stay where they are."""
    missing = sorted(set(regions) - set(instance.get_dynamic_partitions(NAME)))
    if missing:
        instance.add_dynamic_partitions(NAME, missing)


def difference(instance: dg.DagsterInstance) -> tuple[list[str], list[str]]:
    """Regions that the instance does not know yet, and those it knows whose YAML is gone."""
    known, there = set(instance.get_dynamic_partitions(NAME)), set(region_names())
    return sorted(there - known), sorted(known - there)


def synchronise(instance: dg.DagsterInstance) -> None:
    """Make the instance know the regions that there are, and no other; runs and results of one that went stay."""
    added, gone = difference(instance)
    if added:
        instance.add_dynamic_partitions(NAME, added)
    for region in gone:
        instance.delete_dynamic_partition(NAME, region)
