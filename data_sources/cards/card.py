"""The ``Card`` model and its reader: strict (an unknown key is an error) and safe (no YAML that builds objects)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from data_sources.cards.plain_secrets import REMEDY, plain_secret
from khanij.foundation.environment import own_folder
from khanij.foundation.errors import CardError, MissingSourceError, RegionError, SourceError, together
from khanij.foundation.files import yaml_files
from khanij.foundation.strict import ANY_REMEDY, plain_yaml, refusals

if TYPE_CHECKING:
    import pandas as pd

Protocol = Literal["wfs", "arcgis_rest", "ogc_api", "http_json", "http_csv", "http_file", "file", "manual", "embedded"]
Redistribute = Literal["yes", "no", "share-alike"]
REMOTE: frozenset[str] = frozenset({"wfs", "arcgis_rest", "ogc_api", "http_json", "http_csv", "http_file"})

_MAX_CARD_BYTES = 200_000


class _Strict(BaseModel):
    # An error of pydantic quotes the card's values, and one of them may be a password that should not be there.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Unit(_Strict):
    """The unit of one raw column, how it is known, and why where it contradicts the column's own label.

    ``basis`` is *stated* (the publisher says it), *evidence* (the values say it, against or without a label) or
    *assumed* (the usual practice of the survey; the values must agree before anything is computed from it).
    """

    unit: str
    basis: Literal["stated", "evidence", "assumed"] = "stated"
    label_says: str | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _contradiction_needs_a_reason(self) -> Unit:
        if self.basis != "stated" and not self.reason:
            raise ValueError(f"a unit that is {self.basis} needs a reason")
        if self.label_says is not None and self.label_says != self.unit and not self.reason:
            raise ValueError(f"the label says {self.label_says!r} and the card {self.unit!r}: give the reason")
        return self


class RasterBand(_Strict):
    """One band of a raster, in file order: name, unit and what it shows."""

    name: str
    unit: str = ""
    description: str = ""


class Handshake(_Strict):
    """A page that must be visited first for its session cookie, and the Referer that later calls carry."""

    url: str
    referer: str = ""


class Card(_Strict):
    """One source of one layer or table.

    ``field_map`` is raw column -> canonical column of the contract; ``units`` is raw column -> ``Unit``, ``values`` is
    raw column -> a word as written -> the word of the contract that it stands for. ``constants`` is canonical column -> a word for
    every row that says nothing itself (``knowledge_class: G3``). ``path`` is the file below the data folder for *file* sources, ``layer`` the type name, layer number, collection or table.
    ``follows`` (for a source of many layers) names the card whose columns each layer has. ``auth_env`` names the
    environment variable that holds ``user:password`` (``auth_scheme`` basic) or a token (bearer); ``${NAME}`` in ``url``
    (behind the host), ``params``, ``headers`` and ``handshake`` is filled from the environment when a request is made.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    publisher: str
    licence: str
    licence_url: str = ""
    redistribute: Redistribute
    citation: str
    attribution: str = ""
    protocol: Protocol
    version: str = ""
    url: str = ""
    layer: str = ""
    path: str = ""
    crs: str = "EPSG:4326"
    geometry: str | None = None
    geometry_field: str = ""
    contract: str | None = None
    key: str = ""
    field_map: dict[str, str] = Field(default_factory=dict)
    units: dict[str, Unit] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    bands: tuple[RasterBand, ...] = ()
    freshness: int | None = Field(default=None, gt=0, description="days after which the source should be asked again")
    access: str = ""
    handshake: Handshake | None = None
    params: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    auth_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    auth_scheme: Literal["basic", "bearer"] = "basic"
    options: dict[str, Any] = Field(default_factory=dict)
    page_size: int = Field(default=1000, gt=0, le=50_000)
    records_path: str = ""
    expected_rows: int | None = Field(default=None, ge=0)
    max_bytes: int = Field(default=2_000_000_000, gt=0)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    trust_count: bool = True
    known_defects: tuple[str, ...] = ()
    follows: dict[str, str] = Field(default_factory=dict)

    @property
    def type_name(self) -> str:
        """The layer under its WFS name."""
        return self.layer

    @property
    def is_remote(self) -> bool:
        """True where a network call stands between the card and its rows."""
        return self.protocol in REMOTE

    @property
    def host(self) -> str:
        """The host that the card names; a redirect to any other is refused."""
        return urlsplit(self.url).hostname or ""

    @property
    def stated_crs(self) -> str | None:
        """The CRS that the card names in so many words; None where ``crs`` is only its default."""
        return self.crs if "crs" in self.model_fields_set else None

    def content_hash(self) -> str:
        """SHA-256 of what the card asks for, the same for the same card whatever the order in its YAML."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def rename(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Raw names -> canonical names by ``field_map``; no value is touched, other columns keep their name."""
        return frame.rename(columns={raw: name for raw, name in self.field_map.items() if raw in frame.columns})

    def for_layer(self, layer: str) -> Card:
        """The card with the contract, columns and units that one of its layers has (``follows``); else itself."""
        if layer not in self.follows:
            return self
        like = load_card(self.follows[layer])
        update = {
            k: getattr(like, k) for k in ("contract", "field_map", "units", "values", "constants", "geometry", "key")
        }
        return self.model_copy(update={**update, "layer": layer, "follows": {}})

    @field_validator("path")
    @classmethod
    def _path_stays_below_the_data_folder(cls, value: str) -> str:
        pure = PurePosixPath(value)
        if value and (pure.is_absolute() or ".." in pure.parts or value.startswith("/vsi") or "://" in value):
            raise ValueError("path must be relative and stay below the data folder")
        return value

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("url must start with http:// or https://")
        if "${" in urlsplit(value).netloc:
            raise ValueError("the host of the url must be written out; ${NAME} may stand behind it")
        return value

    @model_validator(mode="before")
    @classmethod
    def _no_secret_in_plain_text(cls, data: Any) -> Any:
        found = plain_secret(data) if isinstance(data, dict) else None
        if found is not None:
            raise ValueError(f"a source card may not hold a secret: {found}; {REMEDY}")
        return data

    @model_validator(mode="after")
    def _protocol_has_what_it_needs(self) -> Card:
        if self.protocol in REMOTE and not self.url:
            raise ValueError(f"a {self.protocol} card needs a url")
        if self.protocol in ("wfs", "ogc_api") and not self.layer:
            raise ValueError(f"a {self.protocol} card needs a layer")
        if self.protocol == "manual" and not self.access:
            raise ValueError("a manual card needs the steps in access")
        doubled = sorted({n for n in self.field_map.values() if list(self.field_map.values()).count(n) > 1})
        if doubled:
            raise ValueError(f"field_map sends two raw columns to {', '.join(doubled)}")
        return self


def parse_card(text: str, *, file: object) -> Card:
    """One card from YAML text.

    Raises
    ------
    CardError : too large, YAML with object tags or aliases, or every unknown key and every value that the model refuses.
    """
    if len(text.encode()) > _MAX_CARD_BYTES:
        raise CardError("a source card this large is not a source card", file=file, do="check the file")
    try:
        # An alias is a star before a name: most cards have none, and need not be read twice.
        if "*" in text and any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise CardError("a source card may not use YAML aliases", file=file, do="write the value out")
        data = plain_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise CardError(
            f"not a safe YAML file: {getattr(error, 'problem', None) or error}",
            file=file,
            row=None if mark is None else mark.line + 1,
            do="a card holds plain text, numbers, lists and maps only",
        ) from None  # the parser's own words quote the line, and with it whatever stands there
    if isinstance(data, dict) and (found := plain_secret(data)) is not None:
        raise CardError(f"a source card may not hold a secret: {found}", file=file, do=REMEDY)
    if not isinstance(data, dict):
        raise CardError("a source card must be a map of keys and values", file=file, do="copy one of the cards")
    try:
        return Card.model_validate(data)
    except ValidationError as error:
        wrong = refusals(error, Card, with_values=False, file=file)
        raise together([_of_card(e) for e in wrong]) from error


def _of_card(error: RegionError) -> CardError:
    do = "correct the card" if error.do in (None, ANY_REMEDY) else error.do
    message = error.message.removeprefix("bad value for : ")
    return CardError(message, file=error.file, field=error.field or None, do=do)


def card_files() -> dict[str, Path]:
    """The YAML of every card by name: the project's own, and those of the user's folder (``KHANIJ_CARDS``, else ``cards`` below the home).

    Raises
    ------
    SourceError : the folder is not there, or a user's card has the name of one of the project's.
    """
    found = yaml_files(Path(str(files("data_sources.cards"))))
    named = own_folder("KHANIJ_CARDS")
    if named and not named.is_dir():
        raise SourceError("no such folder", file=named, field="KHANIJ_CARDS", do="create it, or unset the variable")
    own = yaml_files(named) if named else {}
    for name in sorted(found.keys() & own.keys()):
        raise SourceError("the project has a card of this name", file=own[name], do="give your card another name")
    return found | own


def card_names() -> list[str]:
    """Names of all cards, in alphabetical order."""
    return sorted(card_files())


def card_text(name: str) -> str:
    """The YAML of one card as it stands in its file."""
    return _text_of(_card_file(name))


def _card_file(name: str) -> Path:
    path = card_files().get(name)
    if path is None:
        raise MissingSourceError(
            f"no source card {name!r}",
            file=f"data_sources/cards/{name}.yaml",
            do="`khanij sources` lists the cards there are",
        )
    return path


def load_card(name: str) -> Card:
    """Read and validate one card by name.

    Raises
    ------
    MissingSourceError : no such card.
    CardError : a card that is not safe YAML, or not a card.
    """
    path = _card_file(name)
    card = _parsed(path, path.stat().st_mtime_ns)
    if card.name != name:
        raise CardError(f"the card calls itself {card.name!r}", file=path.name, field="name", do="name it as its file")
    return card


@cache
def _parsed(path: Path, mtime_ns: int) -> Card:
    # A run asks for its cards some hundred times; the time is part of the key, so an edited file is read again.
    return parse_card(_text_of(path), file=f"cards/{path.name}")


def _text_of(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CardError(
            "a source card is text in UTF-8, and this one is not",
            file=f"cards/{path.name}",
            row=line,
            do="save it as UTF-8",
        ) from None  # the decoder's own words hold the file
