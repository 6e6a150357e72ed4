"""Selection gives what sorting gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.waste.draws.quantiles import quantiles, quantiles3

rows = arrays(float, st.integers(1, 200), elements=st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 2.0]))


@given(rows)
@settings(max_examples=200, deadline=None)
def test_quantiles_equal_numpy(values):
    out, levels = np.empty(4), np.array([0.05, 0.5, 0.95])
    before = values.copy()
    quantiles3(values, out)
    assert np.allclose(out[:3], np.quantile(values, [0.1, 0.5, 0.9]), rtol=1e-12, atol=1e-9)
    quantiles(values, levels, out[:3])
    assert np.allclose(out[:3], np.quantile(values, levels), rtol=1e-12, atol=1e-9)
    assert (values == before).all()


def test_a_row_with_what_is_no_number_has_no_quantiles_and_ends():
    rng, out = np.random.default_rng(1), np.empty(4)
    for n in (3, 60, 900):
        for at in (0, n // 2, slice(None, None, 3), slice(None)):
            values = rng.normal(size=n)
            values[at] = np.nan
            quantiles3(values, out)
            assert np.isnan(out).all()
            quantiles(values, np.array([0.05, 0.5, 0.95]), out[:3])
