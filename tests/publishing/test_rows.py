"""Rows are what frames are: a reader that asks for no pandas is told the same."""

import numpy as np
import pytest

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, OUTPUT_LAYERS
from khanij.foundation.cells import is_known
from khanij.foundation.rounding import round_one, round_significant
from publishing.geopackage.reading import frame_of, read_layer, read_rows, read_shapes, read_table, records, shapes_of


@pytest.mark.parametrize("name", OUTPUT_CONTRACTS)
def test_rows_hold_what_the_table_holds(geopackage, name):
    rows, frame = read_rows(geopackage, name), records(read_table(geopackage, name))
    assert len(rows) == len(frame)
    for row, other in zip(rows, frame, strict=True):
        assert list(vars(row)) == list(vars(other))
        for column, value in vars(other).items():
            mine = getattr(row, column)
            assert mine == value if is_known(value) else not is_known(mine), column
            assert not is_known(value) or type(mine) is type(value), column


def test_rows_are_chosen_by_their_values(geopackage):
    every = read_rows(geopackage, "element_potential")
    block = every[0].block_id
    chosen = read_rows(geopackage, "element_potential", block_id=block, element=every[0].element)
    assert [vars(r) for r in chosen] == [vars(every[0])]
    mine = read_rows(geopackage, "element_potential", block_id=block)
    assert [r.element for r in mine] == [r.element for r in every if r.block_id == block]
    assert 0 < len(mine) < len(every)
    assert read_rows(geopackage, "element_potential", block_id="no such") == []


def test_one_number_is_rounded_as_a_column_is():
    rng = np.random.default_rng(5)
    whole = 10.0 ** np.arange(-12, 19)
    edges = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        0.5,
        2.5,
        -9.995,
        *whole,
        *np.nextafter(whole, 0),
        *np.nextafter(whole, np.inf),
    ]
    values = np.concatenate([rng.normal(size=5000) * 10.0 ** rng.integers(-12, 18, 5000), edges])
    for digits in (1, 2, 3, 4):
        one = np.array([round_one(float(v), digits) for v in values])
        column = round_significant(values, digits)
        assert np.array_equal(one, column)
        assert np.array_equal(np.signbit(one), np.signbit(column))
    assert np.isnan(round_one(float("nan")))
    assert round_one(2.5, 1) == 2.0
    assert round_one(-0.0004) == -0.0004


@pytest.mark.parametrize("name", OUTPUT_LAYERS)
def test_shapes_and_frames_of_rows_are_those_of_the_layer(geopackage, name):
    layer = read_layer(geopackage, name)
    shapes = shapes_of(read_shapes(geopackage, name))
    assert [None if s is None else s.wkb for s in shapes] == [None if s is None else s.wkb for s in layer.geometry]
    assert len(shapes) == len(read_rows(geopackage, name))
    frame = frame_of(read_rows(geopackage, name), OUTPUT_CONTRACTS[name].fields)
    assert frame.equals(read_table(geopackage, name))
    assert (frame.dtypes == read_table(geopackage, name).dtypes).all()
