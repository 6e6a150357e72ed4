"""The script of the page reads no column that no Field hands to it."""

from __future__ import annotations

import re
from pathlib import Path

from publishing.page import BLOCK_COLUMNS

SCRIPT = (Path(__file__).resolve().parents[2] / "publishing/page/page.js").read_text(encoding="utf-8")


def read_by(script: str) -> set[str]:
    """Columns of a block that a script names: ``B.rank``, ``b('rank')``."""
    return set(re.findall(r"\bB\.(\w+)", script)) | set(re.findall(r"\bb\('(\w+)'\)", script))


def test_every_column_that_the_script_names_is_handed_over():
    named = read_by(SCRIPT)
    assert len(named) > 20 and named <= set(BLOCK_COLUMNS)


def test_a_column_that_is_renamed_is_seen():
    assert read_by("known(B.rank[i]); b('rank_p05x')") == {"rank", "rank_p05x"}
