"""A scenario in words: what it is called and which settings differ from the default, told wherever its result is shown.

Belongs here: the words, and the comparison of two lists of settings. Does not belong here: settling a setting
(``assets.settled``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from khanij.foundation.environment import DEFAULT
from khanij.foundation.wording import one_line
from publishing.languages import ENGLISH, say

_MOST = 3
_LONGEST = 60


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The settings of ``after`` that ``before`` has otherwise, each as ``key = value instead of value``, by key."""
    keys = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return tuple(f"{k} = {_said(after.get(k))} instead of {_said(before.get(k))}" for k in keys)


def _said(value: str | None) -> str:
    if value is None:
        return "none"
    return one_line(value, _LONGEST) or "nothing"


def scenario_said(info: Mapping[str, str], most: int = 99, language: str = ENGLISH) -> str:
    """``Scenario NAME, not the default result: ranking.ground_weight = 0.5 instead of 0.2``; "" of the default.

    Parameters
    ----------
    info : ``run_info`` of a result. most : settings that are named before the others are counted.
    """
    if not info.get("scenario"):
        return ""
    return say("scenario.said", language, name=info["scenario"], differs=_differs(info, most))


def titled(title: str, info: Mapping[str, str]) -> str:
    """A result's title; a scenario's begins with its name and what differs, so that no cut of the line hides it."""
    return f"SCENARIO {info['scenario']} ({_differs(info, _MOST)}): {title}" if info.get("scenario") else title


def _differs(info: Mapping[str, str], most: int) -> str:
    told = [part for part in info.get("scenario_differs", "").split("; ") if part]
    more = [f"and {len(told) - most} more"] if len(told) > most else []
    return "; ".join([*told[:most], *more]) or "no setting differs"


def settings_between(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """What differs between the settings of two results, the second's first; () where one of them does not say."""
    texts = (before.get("settings"), after.get("settings"))
    if not all(texts):
        return ()
    old, new = (json.loads(text) for text in texts if text)
    return differing(old, new)


def called(info: Mapping[str, str]) -> str:
    """What a result is of: ``scenario NAME`` or ``default``."""
    return f"scenario {info['scenario']}" if info.get("scenario") else DEFAULT
