"""What moves P(pays) of a block with several sites is told of its main site, and says so."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from publishing import explain


@pytest.mark.parametrize(("sites", "says"), [(1, False), (3, True)])
def test_of_several_sites_the_main_one_is_named(monkeypatch, sites, says):
    tables = {
        "what_moves": [SimpleNamespace(site_id="KGF/1", factor="price", said="at its P10 it pays in 22 %", swing=0.5)],
        "site_shares": [SimpleNamespace(site_id=f"KGF/{i}") for i in range(1, sites + 1)],
    }
    monkeypatch.setattr(explain, "read_rows", lambda _file, table, **_: tables[table])
    head = explain._moves("any.gpkg", "ML-1")[1]
    assert ("of its main site KGF/1 alone" in head) == says
