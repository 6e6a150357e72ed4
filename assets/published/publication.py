"""What people open: the ranked GeoPackage, the evidence rasters and the fertility report of one region."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import dagster as dg
import geopandas as gpd
import pandas as pd

from assets.fingerprints import RECIPES, code_version, result, versions_for
from assets.over_time.region_numbers import region_numbers
from assets.published.generation import SOURCES, generation
from assets.published.publication_facts import facts_of, judged
from assets.published.staging import geopackage_in, require_one_generation, staged, staged_or_published, staging_errors
from assets.quality import assessment_findings, require
from assets.settled import published_as, scenario_info, settled
from assets.shown.metadata import file_links
from assets.workspace import Workspace
from data_sources.cards import load_card
from data_sources.contracts import QUARANTINE_COLUMNS
from data_sources.contracts.published.cited import CITING
from data_sources.contracts.published.outputs import (
    OCCURRENCES_OUT,
    SCHEMA_VERSION,
    WASTE_FOOTPRINTS_OUT,
    WASTE_SITES_OUT,
)
from data_sources.readers.quality import quality_table
from data_sources.reference.bibliography import bibliography_of
from data_sources.regions import Region
from data_sources.sheets import sheets_in
from khanij.foundation.files import PublishedFile
from khanij.foundation.version import khanij_version
from publishing.brief import NAMES as BRIEFS
from publishing.brief import write_briefs
from publishing.fertility_report import write_fertility_report, write_tables
from publishing.geopackage.base import BASE, base_bounds, write_base
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication, selected
from publishing.geopackage.survey_layers import anomaly_points
from publishing.page import write_page
from publishing.rasters import write_cog
from publishing.sets.listing import GEOPACKAGE, Accepted, staging_of
from publishing.sets.swap import begin, target_name
from scoring.rank.settings import PRICE_DECKS, RankingSettings


def evidence_files(
    context: dg.AssetExecutionContext, workspace: Workspace, fertility: dict[str, Any]
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    folder, current = workspace.published_folder(region.name), generation(region.name, workspace)
    files: list[PublishedFile] = []
    with staging_errors(folder):
        workspace.output_folder(region.name)
        staging = begin(folder)
        if "stack" in fertility:
            tables = {n.removeprefix("table/"): frame for n, frame in fertility.items() if n.startswith("table/")}
            files.append(write_cog(fertility["stack"], staging / "evidence" / "evidence.tif", current))
            report = staging / "fertility_report.html"
            titled = published_as(workspace, region)
            files.append(write_fertility_report(titled, fertility["summary"], tables, report, current))
            files += write_tables(tables, staging / "fertility_tables")
        made = staged(folder, *(file.path for file in files))
    bundle = {"staged": made, "generation": current}
    return result(context, workspace, bundle, files=dg.MetadataValue.json(sorted(made)))


def ranked_blocks(
    context: dg.AssetExecutionContext, workspace: Workspace, **made: dict[str, Any]
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    assessment, block_fertility, fertility = (made[n] for n in ("assessment", "block_fertility", "fertility"))
    evidence_files, gate_layers, robustness_report = (
        made[n] for n in ("evidence_files", "gate_layers", "robustness_report")
    )
    sources = {name: bundle for name, bundle in made.items() if name in SOURCES}
    current = require_one_generation(region.name, workspace, {"evidence_files": evidence_files})
    facts = facts_of(region.name, workspace, sources, gate_layers, assessment["ranked_blocks"], block_fertility)
    waste = sources["waste_inventory"]
    layers: dict[str, gpd.GeoDataFrame] = {
        "ranked_blocks": block_layer(sources["blocks"]["units"], assessment["ranked_blocks"]),
        "waste_sites": site_layer(waste, assessment),
        "waste_footprints": footprint_layer(waste),
        "survey_sheets": sheet_layer(region.extent_deg, sources["stream_sediments"]["kept"], block_fertility)
        if region.grid
        else None,
        "anomalies": anomaly_points(fertility.get("anomalies")),
        "occurrences": selected(sources["occurrences"]["kept"], OCCURRENCES_OUT),
    }
    tables = {
        "site_shares": assessment["site_shares"],
        "element_potential": assessment["element_potential"],
        "site_potential": assessment["site_potential"],
        "basket_ranks": assessment["basket_ranks"],
        "mass_balance": assessment["mass_balance"],
        "price_decks": assessment["price_decks"],
        "what_if": assessment["what_if"],
        **{name: robustness_report[name] for name in ("robustness", "rank_acceptability", "sample_next", "what_moves")},
        "quarantine": quarantine(sources),
        "data_quality": quality_table(reports(sources)),
        **({"block_evidence": block_fertility["evidence"]} if "evidence" in block_fertility else {}),
    }
    tables["bibliography"] = cited([*(f for f in layers.values() if f is not None), *tables.values()])
    present = {name: frame for name, frame in layers.items() if frame is not None and len(frame)}
    bounds = None if region.is_sample else base_bounds(present)  # a made-up district lies nowhere
    judgement = judged(region.name, workspace, facts)
    before = judgement.before
    publication = Publication(
        region=published_as(workspace, region),
        layers=present,
        tables=tables,
        run_info=run_info(workspace, region.name, sources)
        | {"generation": current}
        | accepted_info(judgement.accepted),
        rasters=tuple(sorted(name for name in evidence_files["staged"] if name.endswith(".tif"))),
        basket_columns=RankingSettings.from_mapping(dict(region.ranking), seed=region.seed).basket_columns(),
        page="index.html",
        base=BASE if bounds else "",
        base_lines={n: told["attribution"] for n, told in _base_lines(region).items()} if bounds else {},
    )
    # Asset checks show these findings; here they are the gate, whoever runs what: nothing wrong replaces what is published.
    require(assessment_findings(assessment), "ranked_blocks")
    folder = workspace.output_folder(region.name)
    with staging_errors(folder):
        # Its embedded project names the file that it lies in, so the name is settled before it is written.
        file = publish_geopackage(publication, staging_of(folder) / target_name(folder, GEOPACKAGE))
        base = (
            [] if bounds is None else [write_base(bounds, staging_of(folder) / BASE, workspace.base_lines(region)).path]
        )
        ready = staged(folder, file.path, *base)
    return result(
        context,
        workspace,
        {"staged": ready, "generation": current, "facts": facts.model_dump(mode="json")},
        bytes=file.bytes,
        sha256=file.sha256,
        **region_numbers(assessment["ranked_blocks"], facts, before.facts if before else None),
        **file_links([folder / file.path.name]),
    )


def accepted_info(accepted: Accepted | None) -> dict[str, str]:
    """What the published file says of a result that the guard objected to: why it was accepted, and what."""
    if accepted is None:
        return {}
    changes = "; ".join(accepted.changes) or "nothing that the guard objects to"
    return {"accepted_reason": accepted.reason, "accepted_changes": changes}


def block_layer(units: gpd.GeoDataFrame, ranked: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The ranked blocks with what the units say of themselves and the assessment does not repeat."""
    told = [c for c in ("site_id", "lease_status", "redistribute") if c in units.columns and c not in ranked.columns]
    extra = pd.DataFrame(units[["block_id", *told]])
    merged = ranked.merge(extra, on="block_id", how="left", validate="one_to_one")
    return gpd.GeoDataFrame(merged, geometry=ranked.geometry.name, crs=ranked.crs)


def site_layer(waste: dict[str, Any], assessment: dict[str, Any]) -> gpd.GeoDataFrame:
    """The register's sites with what the assessment says of each: tonnage, class, gate, why it is not quantified."""
    sites: gpd.GeoDataFrame = waste["sites"]
    told = assessment["site_potential"]
    extra = [c for c in told.columns if c == "site_id" or c not in sites.columns]
    merged = sites.merge(told[extra], on="site_id", how="left", validate="one_to_one")
    merged["sources"] = merged["source"]
    return selected(gpd.GeoDataFrame(merged, geometry=sites.geometry.name, crs=sites.crs), WASTE_SITES_OUT)


def footprint_layer(waste: dict[str, Any]) -> gpd.GeoDataFrame:
    """The outlines with the names of their sites."""
    names = pd.DataFrame(waste["sites"][["site_id", "name"]])
    outlines: gpd.GeoDataFrame = waste["footprints"].merge(names, on="site_id", how="left", validate="many_to_one")
    return selected(outlines, WASTE_FOOTPRINTS_OUT)


def cited(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The entries of the bibliography that the texts of these layers and tables name."""
    return bibliography_of(
        str(text)
        for frame in frames
        for column in CITING
        if column in frame
        for text in frame[column].dropna().unique()
    )


def newest_year(waste: dict[str, Any]) -> str:
    """The newest year that a figure of the register is of; blank where none says."""
    tonnages = waste.get("tonnages")
    years = tonnages["as_of_year"].dropna() if tonnages is not None and "as_of_year" in tonnages else ()
    return f"{max(years):.0f}" if len(years) else ""


def licences_of(region: Region) -> str:
    """Title, licence, its address and citation of every source of a region, as JSON; the published layers carry them."""
    names = {source.card for source in region.sources().values()} | ({region.waste.card} - {""})
    cards = [load_card(name) for name in sorted(names)]
    keys = ("title", "licence", "licence_url", "citation")
    return json.dumps([{k: getattr(card, k) for k in keys} for card in cards], sort_keys=True, ensure_ascii=False)


def _base_lines(region: Region) -> dict[str, dict[str, str]]:
    """A region's own layers of the base map: whom to credit, and whether they may be passed on."""
    cards = {name: load_card(source.card) for name, source in sorted(region.base.items())}
    return {n: {"attribution": c.attribution or c.title, "redistribute": c.redistribute} for n, c in cards.items()}


def sheet_layer(
    extent_deg: tuple[float, float, float, float], samples: gpd.GeoDataFrame, block_fertility: dict[str, Any]
) -> gpd.GeoDataFrame:
    """The region's sheets with their samples and, where survey layers are connected, their fertility."""
    sheets = sheets_in(extent_deg)[["sheet", "geometry"]]
    if len(samples):
        within = gpd.sjoin(samples[["geometry"]], sheets[["sheet", "geometry"]], predicate="intersects")
        sheets["n_samples"] = sheets["sheet"].map(within.groupby("sheet").size()).fillna(0).astype("Int64")
    if "sheets" in block_fertility:
        sheets = sheets.merge(block_fertility["sheets"], on="sheet", how="left", validate="one_to_one")
    return sheets


def reports(bundles: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The report of every layer; the report of ``blocks`` holds one for each layer of blocks."""
    return {
        name: {"layers": bundle["report"]} if name == "blocks" else bundle["report"]
        for name, bundle in sorted(bundles.items())
        if "report" in bundle
    }


def quarantine(bundles: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Every held row of every source, in one table."""
    held = [bundle["quarantine"] for _, bundle in sorted(bundles.items()) if "quarantine" in bundle]
    rows = pd.concat(held, ignore_index=True)[list(QUARANTINE_COLUMNS)].astype("str").drop_duplicates()
    names = _names_of_rows(reports(bundles).values())
    keys = zip(rows["source"], rows["layer"], rows["row"])
    return rows.assign(row_name=pd.Series([names.get(key) for key in keys], index=rows.index, dtype="str"))


def _names_of_rows(told: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    """(source, layer, row) -> what a held row is called in its source."""
    out: dict[tuple[str, str, str], str] = {}
    for report in told:
        out |= _names_of_rows(report.get("layers", {}).values())
        for row, name in report.get("held_names", ()):
            out[str(report["source"]), str(report["layer"]), str(row)] = str(name)
    return out


def run_info(workspace: Workspace, region_name: str, sources: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What was run, on what, with which settings: enough to repeat it, nothing that changes when nothing changed."""
    region = workspace.region(region_name)
    ranking = RankingSettings.from_mapping(dict(region.ranking), seed=region.seed)
    counted = {
        name: {k: r[k] for k in ("rows_in", "rows_kept", "rows_flagged", "rows_quarantined", "absent") if k in r}
        for name, r in reports(sources).items()
    }
    info = {
        "region": region.name,
        "title": published_as(workspace, region).title,
        "configuration_sha256": region.config_hash(),
        "configuration": json.dumps(region.model_dump(mode="json"), sort_keys=True),
        "settings": json.dumps(settled(region), sort_keys=True, ensure_ascii=False),
        "seed": str(region.seed),
        "draws": str(ranking.draws),
        "basket": ranking.basket,
        "price_deck": ranking.price_deck,
        "price_decks_run": ", ".join(PRICE_DECKS),
        "inr_per_usd": f"{ranking.inr_per_usd:g}",
        "fx_date": ranking.fx_date,
        "fx_source": ranking.fx_source,
        "data_until": newest_year(sources["waste_inventory"]),
        "licences": licences_of(region),
        "sources_sha256": workspace.source_hash(region),
        "rows": json.dumps(counted, sort_keys=True),
        "code_sha256": hashlib.sha256(
            "".join(code_version(r.code) for _, r in sorted(RECIPES.items())).encode()
        ).hexdigest(),
        "khanij_version": khanij_version(),
        "schema_version": str(SCHEMA_VERSION),
        "reading": "P10 is the low case, P90 the high one; rank P05 is the best place, rank P95 the worst; blank is not known, never zero",
    }
    versions = versions_for(RECIPES.values(), region, workspace)
    if region.base:
        info["base_lines"] = json.dumps(_base_lines(region), sort_keys=True, ensure_ascii=False)
    return (
        info | scenario_info(workspace, region_name) | {f"version_{name}": number for name, number in versions.items()}
    )


def web_page(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    ranked_blocks: dict[str, Any],
    evidence_files: dict[str, Any],
) -> dg.MaterializeResult:
    folder = workspace.output_folder(context.partition_key)
    current = require_one_generation(context.partition_key, workspace, {"ranked_blocks": ranked_blocks})
    beside = sorted([*ranked_blocks["staged"], *(n for n in evidence_files["staged"] if n.endswith((".tif", ".html")))])
    with staging_errors(folder):
        geopackage = staged_or_published(folder, geopackage_in(ranked_blocks))
        briefs = [file.path for file in write_briefs(geopackage, staging_of(folder))]
        page = write_page(geopackage, staging_of(folder) / "index.html", [*BRIEFS, *beside])
        made = staged(folder, page.path, *briefs)
    bundle = {"staged": made, "generation": current}
    return result(
        context, workspace, bundle, bytes=page.bytes, sha256=page.sha256, **file_links([folder / "index.html"])
    )
