"""what to sample next: campaigns by what they are worth, and the best set within a budget"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij sample``."""
    parser.add_argument(
        "--region", action="append", metavar="R", help="region (repeatable); without it, every one that was run"
    )
    parser.add_argument(
        "--budget-inr-crore", type=float, metavar="N", help="the best set of campaigns that N crore of rupees buy"
    )
    parser.add_argument(
        "--top", type=int, default=10, metavar="N", help="campaigns printed without a budget (default 10)"
    )
    parser.add_argument("--scenario", default="", metavar="NAME", help="of this what-if instead of the default result")


def main(arguments: argparse.Namespace) -> int:
    """Print the campaigns of largest net worth, or the set that a budget buys."""
    from pipelines.cli.shown.replies import note
    from publishing.sets.snapshot import published_files

    for region in arguments.region or [None]:
        for file in published_files(region, arguments.scenario):
            note(arguments, **_print(file, arguments.budget_inr_crore, arguments.top))
    return 0


def _print(gpkg: Path, budget_inr_crore: float | None, top: int) -> dict[str, list[dict[str, object]]]:
    """Print the campaigns of one result, and return them as rows."""
    from khanij.foundation.cells import is_known
    from khanij.foundation.wording import chance, usd
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.replies import rows_of
    from pipelines.cli.shown.terminal import terminal
    from publishing.geopackage.reading import read_table, records, run_info
    from publishing.scenario_words import scenario_said

    table = read_table(gpkg, "sample_next")
    campaigns = table[table["effect"] == "worth its cost"].sort_values("priority").reset_index(drop=True)
    if budget_inr_crore is None:
        shown, what = campaigns.head(top), f"{len(campaigns)} campaigns are worth their cost"
    elif campaigns.empty:  # a table without a row has none of its columns
        shown, what = campaigns, "no campaign is worth its cost"
    else:
        shown = within_budget(gpkg, campaigns, budget_inr_crore)
        spent, worth = shown["cost_inr_lakh"].sum() / 100, usd(shown["net_worth_usd"].sum())
        what = f"{len(shown)} campaigns for Rs {spent:g} crore of {budget_inr_crore:g}, worth {worth} after their cost"
    header = ("Site", "Name", "Campaign", "Cost, Rs lakh", "Net worth", "P(pays) now", "Outcomes that pay")
    rows = [
        [r.site_id, str(r.name) if is_known(r.name) else "", r.step, str(r.cost_inr_lakh), usd(r.net_worth_usd), chance(r.p_pays), chance(r.p_outcomes_that_pay)]
        for r in records(shown)
    ]  # fmt: skip
    region, scenario = gpkg.parent.name, scenario_said(run_info(gpkg))
    console = terminal()
    if scenario:
        console.print(f"{scenario}.", markup=False)
    print_table(console, f"{region}: {what}", header, rows)
    return {"campaigns": [{"region": region} | row for row in rows_of(shown)]}


def within_budget(gpkg: Path, campaigns: pd.DataFrame, budget_inr_crore: float) -> pd.DataFrame:
    """The published campaigns of the largest total net worth within a budget, at most one a site, by net worth.

    Raises
    ------
    ScoringError : a budget that is negative or not finite.
    """
    from publishing.geopackage.reading import run_info
    from scoring.waste.sampling.budget import best_set
    from scoring.waste.sampling.decision_value import CampaignWorth

    rate = float(run_info(gpkg)["inr_per_usd"])
    rows = [
        CampaignWorth(
            r["site_id"], r["campaign"], r["step"], float(r["cost_usd"]), int(r["cost_inr_lakh"]), r["sources"],
            float(r["worth_usd"]), float(r["net_worth_usd"]), float(r["p_pays"]), float(r["p_outcomes_that_pay"]), "",
        )
        for r in campaigns.to_dict("records")
    ]  # fmt: skip
    chosen = {(c.site_id, c.campaign) for c in best_set(rows, budget_inr_crore, rate)}
    picked = [(s, c) in chosen for s, c in zip(campaigns["site_id"], campaigns["campaign"])]
    return campaigns[picked].reset_index(drop=True)
