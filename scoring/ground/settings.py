"""What a region's YAML may say about fertility, validated: model, target, associations, evidence, validation.

Belongs here: the names, defaults and ranges of settings. Does not belong here: what one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from khanij.foundation.errors import RegionError
from khanij.foundation.strict import Strict, WrongValueError, refusal

Model = Literal["geochemical", "fuzzy", "weights_of_evidence", "logistic_regression", "random_forest"]
EvidenceKind = Literal[
    "association", "element", "principal_component", "distance", "density", "categorical", "stations", "raster"
]

MIN_TRAINING_POINTS = 20


class EvidenceSettings(Strict):
    """One evidence layer: its kind, where it comes from, and how a fuzzy or weights model is to read it.

    ``layer`` is a name of ``SurveyLayers`` (faults, folds, lithology, ...); ``field`` a column of it, an element, an
    association or a raster band; ``direction`` says which end of the values is favourable.
    """

    kind: EvidenceKind
    layer: str | None = None
    field: str | None = None
    values: tuple[str, ...] = ()
    radius_m: float = Field(default=5000, gt=0)
    max_m: float = Field(default=20000, gt=0)
    components: int = Field(default=3, ge=1, le=20)
    direction: Literal["high", "low", "both"] | None = None
    membership: Literal["large", "small", "gaussian"] | None = None
    midpoint: float | None = None
    spread: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> EvidenceSettings:
        needs_layer = {"distance", "density", "categorical", "stations"}
        needs_field = {"association", "element", "categorical", "stations", "raster"}
        if self.kind in needs_layer and not self.layer:
            raise WrongValueError(f"evidence of kind {self.kind} needs a layer", "name the survey layer: layer: faults")
        if self.kind in needs_field and not self.field:
            raise WrongValueError(
                f"evidence of kind {self.kind} needs a field", "name a column, element, association or band: field: Au"
            )
        return self


class InterpolationSettings(Strict):
    """How sample values become cells: ordinary kriging of the k nearest, or inverse distance."""

    method: Literal["kriging", "idw"] = "kriging"
    neighbours: int = Field(default=16, ge=3, le=64)
    power: float = Field(default=2.0, gt=0, le=10)
    max_distance_m: float = Field(default=4000, gt=0)


class ValidationSettings(Strict):
    """Spatially blocked cross-validation, bootstrap and negative controls."""

    folds: int = Field(default=5, ge=2, le=20)
    block_m: float = Field(default=20000, gt=0)
    bootstrap: int = Field(default=500, ge=0, le=10000)
    controls: int = Field(default=10, ge=0, le=200)


class FertilitySettings(Strict):
    """The ``fertility`` block of a region's YAML, with the region's seed."""

    model: Model = "geochemical"
    target_commodities: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    evidence: tuple[EvidenceSettings, ...] = ()
    interpolation: InterpolationSettings = InterpolationSettings()
    validation: ValidationSettings = ValidationSettings()
    support_m: float = Field(default=2000, gt=0)
    mask_dumps_m: float = Field(default=2000, ge=0)
    mask_downstream_m: float = Field(default=20000, ge=0)
    catchment_exposed_km2: float | None = Field(default=None, gt=0)
    lithology_field: str = "lithologic"
    min_training_points: int = Field(default=MIN_TRAINING_POINTS, ge=MIN_TRAINING_POINTS)
    weights_classes: int = Field(default=10, ge=2, le=100)
    min_studentised_contrast: float = Field(default=1.5, ge=0)
    fuzzy_gamma: float = Field(default=0.9, ge=0, le=1)
    bags: int = Field(default=20, ge=2, le=500)
    trees: int = Field(default=60, ge=5, le=1000)
    seed: int = 0

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any] | None, seed: int) -> FertilitySettings:
        """Validate the ``fertility`` block of a region; ``seed`` is the region's.

        Raises
        ------
        RegionError : an unknown key, or a value outside its range, with the key's dotted name.
        """
        data = dict(mapping or {})
        if "seed" in data:
            raise RegionError("fertility has no seed of its own", field="fertility.seed", do="set the region's seed")
        try:
            return cls.model_validate({**data, "seed": seed})
        except ValidationError as error:
            raise refusal(error, cls, "fertility") from error
