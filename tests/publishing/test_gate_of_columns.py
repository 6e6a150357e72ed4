"""No column is lost on its way to a file: each one, renamed or dropped, is refused with file, layer and column."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from example_publication import make_publication

from assets.published.publication import footprint_layer, site_layer
from data_sources.contracts import Contract, PublishingError
from data_sources.contracts.admitting.identity import key_form
from data_sources.contracts.frames import DTYPES, empty_layer, empty_table, table_of
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, SITE_POTENTIAL, WASTE_SITES_OUT
from data_sources.contracts.waste import WASTE_FOOTPRINTS, WASTE_SITES
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication, conform, conformed, with_baskets


def empty_of(contract: Contract) -> pd.DataFrame:
    return empty_table(contract) if contract.geometry is None else empty_layer(contract)


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """Every layer and table that can be published, filled where the example has rows."""
    layers, tables = conformed(make_publication())
    return {name: empty_of(contract) for name, contract in OUTPUT_CONTRACTS.items()} | {**layers, **tables}


@pytest.mark.parametrize("name", sorted(OUTPUT_CONTRACTS))
def test_each_column_of_each_layer_is_refused_when_renamed_or_dropped(
    frames: dict[str, pd.DataFrame], name: str
) -> None:
    contract, frame = OUTPUT_CONTRACTS[name], frames[name]
    for field in contract.fields:
        renamed = frame.rename(columns={field.name: f"{field.name}_x"})
        with pytest.raises(PublishingError) as refused:
            conform(renamed, contract, file="result.gpkg")
        error = refused.value
        assert (error.file, error.layer) == ("result.gpkg", name) and f"{field.name}_x" in str(error.field)
        dropped = frame.drop(columns=field.name)
        if field.optional:
            assert conform(dropped, contract)[field.name].isna().all()
            continue
        with pytest.raises(PublishingError) as refused:
            conform(dropped, contract, file="result.gpkg")
        assert refused.value.layer == name and refused.value.field == field.name


def test_only_what_a_run_may_rightly_lack_is_optional() -> None:
    optional = {(n, f.name) for n, c in OUTPUT_CONTRACTS.items() for f in c.fields if f.optional}
    sheets = ("n_samples", "fertility_axis", "fertility_axis_p10", "fertility_axis_p90", "rank_fertility")
    baskets = ("rank_all_recoverable", "rank_magnet_ree", "rank_china_seven")
    assert optional == {
        *(("survey_sheets", c) for c in sheets),
        *(("ranked_blocks", c) for c in (*baskets, "redistribute")),
    }


def test_the_review_s_rename_names_file_layer_and_both_columns(tmp_path: Path) -> None:
    example = make_publication()
    blocks = example.layers["ranked_blocks"].rename(columns={"completeness_pct": "completeness_percent"})
    wrong = Publication(example.region, {**example.layers, "ranked_blocks": blocks}, example.tables, example.run_info)
    with pytest.raises(PublishingError) as refused:
        publish_geopackage(wrong, tmp_path / "ranked_blocks.gpkg")
    for word in ("ranked_blocks.gpkg", "layer ranked_blocks", "completeness_pct", "completeness_percent"):
        assert word in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_column_like_a_basket_s_is_no_basket_s() -> None:
    contract = OUTPUT_CONTRACTS["ranked_blocks"]
    blocks = empty_layer(contract).assign(rank_mine=pd.array([], dtype="Int64"))
    with pytest.raises(PublishingError, match="rank_mine"):
        conform(blocks, contract)
    asked = with_baskets(contract, ("rank_mine", "rank_magnet_ree"))
    assert "rank_mine" in conform(blocks, asked).columns
    with pytest.raises(PublishingError, match="rank_magnet_ree"):
        conform(blocks.drop(columns="rank_magnet_ree"), asked)


def _waste(n: int = 2) -> dict[str, pd.DataFrame]:
    sites = pd.DataFrame({f.name: pd.Series([None] * n, dtype=DTYPES[f.dtype]) for f in WASTE_SITES.fields})
    sites = sites.assign(site_id=[f"S-{i}" for i in range(n)], name="Pond", source="s", redistribute="yes")
    outlines = pd.DataFrame({f.name: pd.Series([None] * n, dtype=DTYPES[f.dtype]) for f in WASTE_FOOTPRINTS.fields})
    outlines = outlines.assign(site_id=sites["site_id"], area_ha=1.0, source="s", redistribute="yes")
    points = gpd.points_from_xy([86.0] * n, [22.5] * n)
    return {
        "sites": gpd.GeoDataFrame(sites, geometry=points, crs=4326),
        "footprints": gpd.GeoDataFrame(outlines, geometry=points.buffer(0.01), crs=4326),
    }


def test_a_column_of_the_register_or_of_the_economics_that_is_renamed_reaches_no_file() -> None:
    waste = _waste()
    told = pd.DataFrame({f.name: pd.Series([None] * 2, dtype=DTYPES[f.dtype]) for f in SITE_POTENTIAL.fields})
    assessment = {"site_potential": told.assign(site_id=["S-0", "S-1"])}
    whole = conform(site_layer(waste, assessment), WASTE_SITES_OUT)
    assert list(whole.columns) == [*WASTE_SITES_OUT.names(), "geometry"]
    either = (set(WASTE_SITES.names()) | {"redistribute"}) & set(WASTE_SITES_OUT.names()) - {"site_id"}
    for column in sorted(either - set(SITE_POTENTIAL.names())):
        changed = waste | {"sites": waste["sites"].rename(columns={column: f"{column}_x"})}
        with pytest.raises(PublishingError, match=column):
            conform(site_layer(changed, assessment), WASTE_SITES_OUT)
    for column in sorted(set(SITE_POTENTIAL.names()) & set(WASTE_SITES_OUT.names()) - either - {"site_id", "sources"}):
        changed = {"site_potential": assessment["site_potential"].rename(columns={column: f"{column}_x"})}
        with pytest.raises(PublishingError, match=column):
            conform(site_layer(waste, changed), WASTE_SITES_OUT)


def test_outlines_carry_the_names_of_their_sites() -> None:
    assert footprint_layer(_waste())["name"].tolist() == ["Pond", "Pond"]


@pytest.mark.parametrize("name", sorted(OUTPUT_CONTRACTS))
def test_no_row_keeps_columns_and_types_and_no_two_columns_differ_by_case_alone(name: str) -> None:
    contract = OUTPUT_CONTRACTS[name]
    whole = conform(empty_of(contract), contract)
    wanted = {"string": "str", "float": "float64", "integer": "Int64", "boolean": "boolean"}
    assert {c: str(whole[c].dtype) for c in contract.names()} == {f.name: wanted[f.dtype] for f in contract.fields}
    assert table_of([], contract).dtypes.astype(str).to_dict() == {f.name: DTYPES[f.dtype] for f in contract.fields}
    assert len({key_form(c) for c in contract.names()}) == len(contract.names())
