"""The partitions of everything: one static key for each YAML in ``data_sources/regions``."""

from assets.workspace import PARTITIONS as regions

__all__ = ["regions"]
