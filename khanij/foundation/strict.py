"""Settings that a person writes: strict models, and one way of saying what is wrong and what to write instead.

A number is a number (never true, false or a word for none), an unknown key is an error, and every refusal names the
dotted key, the value and a remedy.

Belongs here: what all settings have in common. Does not belong here: any one setting.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args, get_origin

import annotated_types
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from khanij.foundation.errors import RegionError, together

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LONGEST = 80
ANY_REMEDY = "correct the YAML or the --set value"


def plain_yaml(text: str) -> Any:
    """The value of a YAML text: maps, lists, texts, numbers, days and nothing else; by libyaml where PyYAML has it.

    Raises
    ------
    yaml.YAMLError : it is none; the words are PyYAML's own, whichever of the two read it.
    """
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - builds no object
    except yaml.YAMLError:
        return yaml.safe_load(text)


class WrongValueError(ValueError):
    """A value that a validator refuses: what is wrong, what to write instead, and at which key below the validated one."""

    def __init__(self, message: str, do: str, at: str | None = None) -> None:
        super().__init__(message)
        self.do, self.at = do, at


class Strict(BaseModel):
    """Base of every model of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: object, info: ValidationInfo) -> object:
        return _plain(value, _is_of_numbers(cls, str(info.field_name)))


@cache
def _is_of_numbers(model: type[BaseModel], name: str) -> bool:
    leaves = _leaves(model.model_fields[name].annotation)
    return bool(leaves & {int, float}) and bool not in leaves


def _leaves(annotation: object) -> set[object]:
    """The types that an annotation is made of."""
    inside = [a for a in get_args(annotation) if a is not ...]
    if not inside or not (get_origin(annotation)):
        return {annotation}
    return set().union(*map(_leaves, inside))


def _plain(value: object, is_number: bool, at: tuple[str, ...] = ()) -> object:
    """The value, numbers that came as text as numbers; yes and no are no numbers, and no text is unwritable."""
    where = ".".join(at) or None
    if isinstance(value, Mapping):
        return {k: _plain(v, is_number, (*at, str(k))) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, is_number, (*at, str(i))) for i, v in enumerate(value)]
    if isinstance(value, str) and _UNWRITABLE.search(value):
        raise WrongValueError("the text holds a control character", "remove it", where)
    if is_number and isinstance(value, bool):
        raise WrongValueError("true and false are no numbers", "give a number", where)
    if is_number and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        read = float(value)
        return int(read) if read.is_integer() and abs(read) < 2**53 else read
    return value


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean ...?`` where a known word is like the one given, else nothing."""
    by_form = {k.casefold(): k for k in known}
    like = difflib.get_close_matches(word.casefold(), by_form, 1)
    return f"; did you mean {by_form[like[0]]}?" if like else ""


def require_known(what: str, given: Iterable[str], known: Iterable[str], do: str) -> None:
    """Refuse the first name that is not known.

    Raises
    ------
    WrongValueError : a name that is not known, with the like-sounding one where there is one.
    """
    names = list(known)
    for name in given:
        if name not in names:
            raise WrongValueError(f"there is no {what} {name!r}", f"{do}{nearest(str(name), names)}", at=str(name))


def require_distinct(what: str, given: Iterable[str]) -> None:
    """Refuse a name that stands twice.

    Raises
    ------
    WrongValueError : a name that repeats.
    """
    names = list(given)
    for name in names:
        if names.count(name) > 1:
            raise WrongValueError(f"{what} {name!r} is named twice", "name each once")


def refusal(error: ValidationError, model: type[BaseModel], section: str = "", **where: Any) -> RegionError:
    """What a model refuses, all of it, as the project's error; ``section`` is the dotted key of the model itself."""
    return together(refusals(error, model, section, **where))


def refusals(
    error: ValidationError, model: type[BaseModel], section: str = "", *, with_values: bool = True, **where: Any
) -> list[RegionError]:
    """Each thing that a model refuses, in the order of its fields; ``with_values`` quotes what was given."""
    items = error.errors()
    within = {item["loc"][:n] for item in items for n in range(len(item["loc"]))}
    # A list whose entries are refused is not also told to be too short.
    own = [item for item in items if not (item["type"] == "too_short" and item["loc"] in within)]
    return [_refused(item, model, section, with_values, **where) for item in own]


def _refused(first: Any, model: type[BaseModel], section: str, with_values: bool, **where: Any) -> RegionError:
    path = [str(part) for part in first["loc"] if part != "[key]"]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, WrongValueError) and cause.at is not None:
        path.append(cause.at)
    key = ".".join([section, *path] if section else path)
    if first["type"] == "extra_forbidden":
        holder = _model_at(model, first["loc"][:-1])
        known = [] if holder is None else list(holder.model_fields)
        return RegionError(
            "no such key", field=key, do=f"use one of {', '.join(known)}{nearest(path[-1], known)}", **where
        )
    if first["type"] == "missing":
        return RegionError("the key is missing", field=key, do="add it", **where)
    said = first["msg"].removeprefix("Value error, ")
    got = f" (got {_shown(first['input'])})" if first["loc"] and with_values else ""
    do = cause.do if isinstance(cause, WrongValueError) else _remedy(model, first)
    return RegionError(f"bad value for {key}: {_begun(said)}{got}", field=key, do=do, **where)


def _begun(sentence: str) -> str:
    """A sentence as a part of another: its first letter small, unless it begins with a name such as WGS."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _remedy(model: type[BaseModel], error: Any) -> str:
    """What may be written in the place of what was refused, from the type of the refusal and the field's bounds."""
    kind = str(error["type"])
    if kind == "literal_error":
        return f"choose one of {error['ctx']['expected'].replace(' or ', ', ').replace(chr(39), '')}"
    bounds = _bounds(model, error["loc"]) or _bound_in(error.get("ctx", {}))
    if bounds:
        return f"choose a{' whole' if kind.startswith('int') else ''} number {bounds}"
    for start, do in _REMEDIES.items():
        if kind.startswith(start):
            return do
    return ANY_REMEDY


_REMEDIES = {
    "int": "give a whole number",
    "float": "give a number",
    "finite": "give a number",
    "bool": "write true or false",
    "string_type": "write text, in quotes if it looks like a number or a date",
    "dict": "write name: value",
    "mapping": "write name: value",
    "model": "write key: value",
    "tuple": "give a list",
    "list": "give a list",
    "too_short": "name at least one",
}


def _bounds(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    holder = _model_at(model, loc[:-1])
    info = holder.model_fields.get(str(loc[-1])) if holder is not None and loc else None
    low, high = "", ""
    for mark in info.metadata if info is not None else ():
        if isinstance(mark, annotated_types.Ge):
            low = f"from {mark.ge:g}"
        elif isinstance(mark, annotated_types.Gt):
            low = f"above {mark.gt:g}"
        elif isinstance(mark, annotated_types.Le):
            high = f"to {mark.le:.10g}"
        elif isinstance(mark, annotated_types.Lt):
            high = f"below {mark.lt:.10g}"
    return f"{low} {high}".strip()


def _bound_in(context: Mapping[str, Any]) -> str:
    """The bound that was passed, where it belongs to a value of a mapping or list."""
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    return " ".join(f"{word} {context[key]:.10g}" for key, word in words.items() if key in context)


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that holds a place, found along the fields' types; None where a plain mapping or list holds it."""
    here: type[BaseModel] | None = model
    for part in loc:
        if here is None:
            return None
        if str(part) in here.model_fields:
            inside = _leaves(here.model_fields[str(part)].annotation)
            here = next((t for t in inside if isinstance(t, type) and issubclass(t, BaseModel)), None)
    return here
