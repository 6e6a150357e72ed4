"""Public science that no run calls goes: every public function has a caller in the product, or a reason here."""

from __future__ import annotations

import ast
import re
from collections import Counter

from test_one_way import modules

ROOMS = ("scoring", "khanij.foundation", "data_sources.reference", "data_sources.contracts", "data_sources.sheets")
# The project model is held against the world's projects by ``benchmarks.world``; the ranking takes it up next.
NOT_YET = ("scoring.waste.projects", "data_sources.reference.econom")
WITHOUT_A_CALLER = {
    "clr": "the definition that the loadings of `pca` are checked against",
    "clr_inverse": "turns coordinates back, which the checks of `pca` do",
    "ilr": "the coordinates that `pca` takes its covariance in, by `ilr_basis`",
    "ilr_inverse": "turns coordinates back, which the checks of `pca` do",
    "fuzzy_and": "bounds that the gamma operator is checked against",
    "fuzzy_or": "bounds that the gamma operator is checked against",
    "fuzzy_product": "bounds that the gamma operator is checked against",
    "fuzzy_sum": "bounds that the gamma operator is checked against",
    "dilution_corrected": "Hawkes's balance, which `dilution` solves for a whole survey",
    "bounds_of": "the inverse of `sheets_of`, by which the tests hold it",
    "parent_of": "the inverse of `sheets_in`, by which the tests hold it",
    "index_disagreements": "by which a published sheet index is held against the places of its sheets",
}


def test_every_public_function_has_a_caller():
    source = {name: path.read_text(encoding="utf-8") for name, path in modules().items()}
    words = Counter(word for text in source.values() for word in re.findall(r"\w+", text))
    alone = {
        node.name
        for name, text in source.items()
        if name.startswith(ROOMS) and not name.startswith(NOT_YET)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and words[node.name] == 1
    }
    assert alone <= set(WITHOUT_A_CALLER), sorted(alone - set(WITHOUT_A_CALLER))
    defined = {word for text in source.values() for word in re.findall(r"^def (\w+)", text, re.M)}
    assert set(WITHOUT_A_CALLER) <= defined, "a reason for a function that is gone"
