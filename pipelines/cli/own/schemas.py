"""JSON Schema of a region's and of a card's YAML, made from the models that read them; an editor completes and checks with it.

``python -m pipelines.cli.own.schemas`` writes both into ``docs/schemas``; ``khanij new`` lays a copy beside the regions.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

REGION, CARD = "region.schema.json", "card.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def region_schema() -> dict[str, Any]:
    """The schema of a region's YAML, with the settings of ranking and fertility, the layers and the gates that there are."""
    from data_sources.contracts.registry import ALL
    from data_sources.regions import Region
    from data_sources.regions.checks import RASTER_LAYER
    from scoring.ground.settings import FertilitySettings
    from scoring.rank.gates import LAYERS
    from scoring.rank.settings import RankingSettings

    schema = Region.model_json_schema()
    for section, model in (("ranking", RankingSettings), ("fertility", FertilitySettings)):
        inner = model.model_json_schema()
        schema["$defs"] |= inner.pop("$defs", {})
        inner["properties"].pop("seed", None)  # the region's own
        inner["required"] = [name for name in inner.get("required", []) if name != "seed"]
        if not inner["required"]:
            del inner["required"]
        schema["$defs"][model.__name__] = inner
        schema["properties"][section] = {"$ref": f"#/$defs/{model.__name__}"}
    # ``baskets`` may name a user's own as a mapping; a day and a deck may be written without quotes.
    ranking = schema["$defs"]["RankingSettings"]["properties"]
    ranking["baskets"] = {"anyOf": [ranking["baskets"], {"type": "object"}], "title": "Baskets"}
    del schema["properties"]["crs"]["default"]  # it follows from the extent
    schema["properties"]["layers"]["propertyNames"] = {"enum": sorted({*ALL, RASTER_LAYER})}
    schema["properties"]["gates"]["propertyNames"] = {"enum": list(LAYERS)}
    return {"$schema": _DIALECT, **schema, "title": "A region of Khanij"}


def card_schema() -> dict[str, Any]:
    """The schema of a source card's YAML."""
    from data_sources.cards import Card
    from data_sources.contracts.registry import ALL

    schema = Card.model_json_schema()
    schema["properties"]["contract"]["examples"] = sorted(ALL)
    return {"$schema": _DIALECT, **schema, "title": "A source card of Khanij"}


@cache
def texts() -> dict[str, str]:
    """File name -> text of both schemas."""
    made = {REGION: region_schema(), CARD: card_schema()}
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in made.items()}


def write(folder: Path) -> list[Path]:
    """Write both schemas into a folder."""
    from khanij.foundation.files import write_bytes_atomically

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        write_bytes_atomically(folder / name, text.encode())
    return [folder / name for name in texts()]


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[3] / "docs" / "schemas")
