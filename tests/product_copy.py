"""A copy of the product's code that may be edited; what is compiled comes along, so that nobody waits for a compiler twice."""

from __future__ import annotations

import shutil
from pathlib import Path

from numba.core.caching import UserProvidedCacheLocator

from khanij.foundation.closure import PACKAGES, ROOT


def copy_product(target: Path) -> Path:
    """Copy the packages below ``target``; kernels stay valid, for they are kept by the folder of their source."""
    for top in PACKAGES:
        shutil.copytree(ROOT / top, target / top)
    place = UserProvidedCacheLocator.get_suitable_cache_subpath
    for kept in (target / "scoring" / "__pycache__").glob("kernels-*"):
        for folder in {path.parent for path in (ROOT / "scoring").rglob("*.py")}:
            former = kept / place(str(folder / "module.py"))
            if former.is_dir():
                former.rename(kept / place(str(target / folder.relative_to(ROOT) / "module.py")))
    return target
