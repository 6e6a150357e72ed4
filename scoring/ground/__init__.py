"""Survey layers to fertility: grids, geochemistry, interpolation, evidence, models, validation, in that order.

Belongs here: pure functions on arrays and frames. Does not belong here: files, networks, Dagster, the waste itself.
"""

from khanij.foundation.grid import Band, Grid, RasterStack, Window, albers_for, check_equal_area, is_equal_area
from scoring.ground.fertility import Fertility, SurveyLayers, estimate_fertility, fertility_of_units
from scoring.ground.settings import FertilitySettings

__all__ = [
    "Band",
    "Fertility",
    "FertilitySettings",
    "Grid",
    "RasterStack",
    "SurveyLayers",
    "Window",
    "albers_for",
    "check_equal_area",
    "estimate_fertility",
    "fertility_of_units",
    "is_equal_area",
]
