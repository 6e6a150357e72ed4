"""A scenario's store: what is the same as in the default result is read from the default's, the rest is its own.

Belongs here: which of two stores a bundle is read from. Does not belong here: how a bundle is kept (``io_managers``).
Nothing is ever written into the default's store, so that no scenario can make it stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assets.fingerprints import Bundle
from pipelines.stores.io_managers import MANIFEST, BundleStore


class LayeredStore(BundleStore):
    """Bundles below one root, and below another one where the first has none.

    Parameters
    ----------
    root : of the scenario's own bundles. base : of the default's, which are read only.
    """

    def __init__(self, root: str, base: str) -> None:
        super().__init__(root)
        self.base = BundleStore(base)

    def manifest(self, asset: str, region: str) -> dict[str, Any] | None:
        """The manifest of the scenario's own bundle, else of the default's."""
        return super().manifest(asset, region) or self.base.manifest(asset, region)

    def intact(self, asset: str, region: str, remember: bool = True) -> bool:
        """Whether the bundle that would be read is there, byte for byte."""
        if self._owns(asset, region):
            return super().intact(asset, region, remember)
        return self.base.intact(asset, region, remember=False)

    def checks_passed(self, asset: str, region: str, judged: str, names: Iterable[str]) -> bool:
        """Whether the bundle that would be read has passed its checks."""
        if self._owns(asset, region):
            return super().checks_passed(asset, region, judged, names)
        return self.base.checks_passed(asset, region, judged, names)

    def load(self, asset: str, region: str) -> Bundle:
        """Read the scenario's own bundle, else the default's.

        Raises
        ------
        MissingSourceError : neither is stored.
        CorruptIntermediateError : a file is not what was written.
        """
        owns = self._owns(asset, region) or self.base.manifest(asset, region) is None
        return super().load(asset, region) if owns else self.base.load(asset, region)

    def leave_to_default(self, region: str, planned: Mapping[str, str]) -> None:
        """Drop each bundle of one's own where the default's is the one that is wanted: it would hide it.

        Parameters
        ----------
        planned : asset -> the fingerprint that it would have now.
        """
        for asset, wanted in planned.items():
            found = self.base.manifest(asset, region)
            own = super().manifest(asset, region)
            if own is not None and own.get("fingerprint") != wanted and (found or {}).get("fingerprint") == wanted:
                (self.folder(asset, region) / MANIFEST).unlink(missing_ok=True)

    def _owns(self, asset: str, region: str) -> bool:
        return super().manifest(asset, region) is not None
