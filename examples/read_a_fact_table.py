"""The project's own facts: a source in every row, units in the columns' names, blank where nothing is known.

python examples/read_a_fact_table.py
"""

from data_sources.reference import load_table


def main() -> None:
    """Tailings and overburden with the most tonnes, each with the source that says so."""
    sites, tonnages = load_table("waste_sites"), load_table("site_tonnages")
    named = tonnages[tonnages["is_preferred"]].merge(
        sites[["site_id", "name", "state"]], on="site_id", validate="many_to_one"
    )
    print(f"{len(sites)} sites, {len(tonnages)} figures of tonnage")
    most = named.sort_values("tonnage_mode_mt", ascending=False).head(5)
    for row in most.itertuples():
        print(f"{row.tonnage_mode_mt:8.1f} Mt  {row.name} ({row.state}): {row.source}")

    elements = load_table("elements")
    rare_earths = elements[elements["ree_class"].notna()]
    print(f"rare earths: {', '.join(rare_earths['element'])}")


if __name__ == "__main__":
    main()
