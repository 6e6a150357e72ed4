"""What a region's YAML may and may not say about fertility."""

from __future__ import annotations

import pytest

from data_sources.contracts import RegionError
from scoring.ground.settings import FertilitySettings


def test_nothing_said_is_the_unsupervised_index():
    s = FertilitySettings.from_mapping({}, seed=7)
    assert (s.model, s.seed, s.validation.folds) == ("geochemical", 7, 5)
    assert FertilitySettings.from_mapping(None, 1).min_training_points == 20


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({"modell": "fuzzy"}, "fertility.modell"),
        ({"model": "magic"}, "fertility.model"),
        ({"min_training_points": 5}, "fertility.min_training_points"),
        ({"fuzzy_gamma": 1.5}, "fertility.fuzzy_gamma"),
        ({"validation": {"folds": 1}}, "fertility.validation.folds"),
        ({"evidence": [{"kind": "distance"}]}, "fertility.evidence.0"),
        ({"evidence": [{"kind": "raster"}]}, "fertility.evidence.0"),
        ({"interpolation": {"method": "guess"}}, "fertility.interpolation.method"),
        ({"seed": 3}, "fertility.seed"),
    ],
)
def test_unknown_keys_and_bad_values_name_their_place(mapping, field):
    with pytest.raises(RegionError) as error:
        FertilitySettings.from_mapping(mapping, seed=1)
    assert error.value.field == field
    assert error.value.do


def test_evidence_is_read_whole():
    s = FertilitySettings.from_mapping(
        {
            "model": "fuzzy",
            "evidence": [{"kind": "distance", "layer": "faults", "membership": "small", "midpoint": 1500, "spread": 3}],
        },
        1,
    )
    assert s.evidence[0].midpoint == 1500
