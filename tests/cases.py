"""A case from its frames by name, and the scoring of one: what the tests that change a frame or two begin with."""

from __future__ import annotations

from typing import Any

import pandas as pd

import scoring.rank.assess as assess_module
from scoring.case import Case, Register
from scoring.rank.assess import Assessment
from scoring.rank.next_sample import sample_next as sample_next_of
from scoring.rank.sensitivity import Robustness, one_basket
from scoring.rank.sensitivity import robustness as robustness_of
from scoring.rank.settings import RankingSettings
from scoring.rank.state import RunState

_OF_REGISTER = ("sites", "footprints", "tonnages", "grades", "constraints")


def case_of(**frames: Any) -> tuple[Case, RankingSettings]:
    """The case of some frames and settings by name."""
    register = Register(**{name: frames.pop(name) for name in _OF_REGISTER})
    settings = frames.pop("settings")
    return Case(register=register, **frames), settings


def assess(**frames: Any) -> Assessment:
    """The published tables of a case."""
    return assess_module.assess(*case_of(**frames))


def run(**frames: Any) -> RunState:
    """The finished run of a case."""
    return assess_module.run(*case_of(**frames))


def base_run(**frames: Any) -> RunState:
    """The finished run of a case in its ranked basket alone."""
    case, settings = case_of(**frames)
    return assess_module.run(case, one_basket(settings))


def robustness(**frames: Any) -> Robustness:
    """The robustness report of a case."""
    return robustness_of(base_run(**frames))


def sample_next(**frames: Any) -> pd.DataFrame:
    """What to sample next in a case."""
    return sample_next_of(base_run(**frames))
