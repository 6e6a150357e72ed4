"""Read a published result: the first ten waste blocks, and what the run says of itself.

python examples/read_a_result.py [REGION]
"""

import sys

import khanij


def main(region: str = "india") -> None:
    """Print the first ten waste blocks of a region that was run."""
    blocks = khanij.read(region)  # a GeoDataFrame in EPSG:4326; units stand in the columns' names
    waste = blocks[(blocks["kind"] == "waste_block") & blocks["rank"].notna()].sort_values("rank")
    columns = ["rank", "rank_p05", "rank_p95", "block_id", "name", "state", "score_mean", "tonnage_t_p50"]
    print(waste[columns].head(10).to_string(index=False))

    info = khanij.read(region, "run_info").set_index("key")["value"]
    for key in ("title", "draws", "price_deck", "khanij_version", "schema_version"):
        print(f"{key}: {info.get(key, 'not told')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
