"""The score a second time, plainly: one site, one draw, one product after the other, from the tables as they are.

It shares the random streams and the ceilings with the engine and nothing else: no route book, no arrays, no kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from data_sources.reference import ReferenceTables
from scoring.rank.settings import RankingSettings
from scoring.waste.figures import CEILING_PPM
from scoring.waste.streams import normals, uniforms

TONNAGE = {"G1": 1.05, "G2": 1.15, "G3": 1.3, "G4": 1.5, "analogue": 2.0}
GRADE = {"G1": 1.10, "G2": 1.25, "G3": 1.5, "G4": 2.0, "analogue": 2.5}
LANTHANIDES = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split()
POOL = ("Ho", "Er", "Tm", "Yb", "Lu")
FORMS = {"separated_oxide": ["oxide"], "oxide": ["oxide"], "metal": ["metal"], "ore": ["ore_or_concentrate"]}
FORMS["concentrate"] = ["ore_or_concentrate", "oxide"]


def blank(value: Any) -> bool:
    return value is None or value == "" or bool(pd.isna(value))


def triangle(u: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    if high <= low:
        return np.full_like(u, mode)
    rises = u < (mode - low) / (high - low)
    up = low + np.sqrt(u * (high - low) * (mode - low))
    return np.where(rises, up, high - np.sqrt((1 - u) * (high - low) * (high - mode)))


def three(row: dict, name: str, end: str = "") -> tuple[float, float, float]:
    low, mode, high = (row[f"{name}_{k}{end}"] for k in ("min", "mode", "max"))
    return (float(mode if blank(low) else low), float(mode), float(mode if blank(high) else high))


class Plain:
    """One run's tables; ``site`` draws a site, ``block`` puts sites with shares (K,) together."""

    def __init__(self, reference: ReferenceTables, settings: RankingSettings, tonnages, grades) -> None:
        self.s, self.reference, self.tonnages, self.grades = settings, reference, tonnages, grades
        self.elements = {r["element"]: r for r in reference.elements.to_dict("records")}
        products = {e: r for e, r in self.elements.items() if not blank(r["eu2023_supply_risk"])}
        risk = {e: r["eu2023_supply_risk"] * r["eu2023_economic_importance"] for e, r in products.items()}
        mean = np.mean([v for e, v in risk.items() if self.elements[e]["in_india_30"]])
        self.importance = {e: float(np.clip(v / mean, 0.1, 3.0)) for e, v in risk.items()}

    def z(self, *name):
        return normals(self.s.seed, self.s.draws, *name)

    def u(self, *name):
        return uniforms(self.s.seed, self.s.draws, *name)

    def world(self, element: str) -> float:
        return float(self.elements[element]["world_production_t"])

    def price(self, element: str, form: str):
        row, rho = self.elements[element], self.s.ree_correlation
        value = row[f"price_{self.s.price_deck}_usd_per_kg"]
        if blank(value) or row["price_is_for"] not in FORMS[form]:
            return 0.0
        z = self.z("price", element)
        if element in [*LANTHANIDES, "Y"]:
            z = math.sqrt(rho) * self.z("price", "rare earths") + math.sqrt(1 - rho) * z
        return value * np.exp(math.log(row["price_gsd"]) * z)

    def tonnage(self, site: str):
        row = self.tonnages[self.tonnages["site_id"] == site].iloc[0].to_dict()
        low, mode, high = (float(row[f"tonnage_{k}_mt"]) * 1e6 for k in ("min", "mode", "max"))
        if not any(map(math.isnan, (low, mode, high))):
            return triangle(self.u("tonnage", site), low, mode, high)
        middle = math.sqrt(low * high) if math.isnan(mode) else mode
        if math.isnan(middle):
            return None
        return middle * np.exp(math.log(TONNAGE[row["knowledge_class"]]) * self.z("tonnage", site))

    def grade(self, site: str, waste: str, row: dict):
        low, mode, high = (float(row[f"ppm_{k}"]) for k in ("min", "mode", "max"))
        label, top = row["element"], CEILING_PPM.get(row["element"], 1e6)
        alone = math.isnan(mode)
        odds = (math.sqrt(low * high) if alone else mode) > 1e4

        def scale(c: float) -> float:
            return math.log(c / (top - c)) if odds else math.log(c)

        mu = (scale(low) + scale(high)) / 2 if alone else scale(mode)
        sigma = (scale(high) - scale(low)) / 2.5631031310892 if alone else math.log(GRADE[row["knowledge_class"]])
        borrowed = row["knowledge_class"] == "analogue"
        name = ("borrowed grade", waste, label, repr(low), repr(mode), repr(high)) if borrowed else None
        x = mu + sigma * self.z(*(name or ("grade", site, label)))
        c = top / (1 + np.exp(-x)) if odds else np.exp(x)
        factor = np.exp(math.log(self.s.site_gsd) * self.z("grade factor", site, label))
        return np.minimum(c * factor, top) if borrowed else c

    def site(self, site: str, waste: str, route: str) -> dict[str, Any] | None:
        """Tonnes, cost, and by element: contained, recovered [g/t] and revenue [USD/t]; None where not quantified."""
        tonnes = self.tonnage(site)
        rows = self.grades[(self.grades["site_id"] == site) & (self.grades["use"] == "1")].to_dict("records")
        rows = [r for r in rows if r["basis_code"] not in ("upper_limit", "subfraction", "withdrawn")]
        total = next((r for r in rows if r["element_kind"] == "total"), None)
        shares: dict[str, Any] = {}
        if total is not None:
            table = self.reference.ree_profiles
            table = table[(table["waste_type_codes"] == waste) & ~table["includes_sc"]]
            out = {"Y"} if total["tree_includes"] == "none" else set()
            kept = {e: v for e, v in zip(table["element"], table["share_pct"]) if e not in out}
            code = next(iter(table["profile_code"]), "")
            drawn = {e: v * np.exp(math.log(self.s.profile_gsd) * self.z("profile", code, e)) for e, v in kept.items()}
            shares = {e: v / sum(drawn.values()) for e, v in drawn.items()}
        found: dict[str, Any] = {"contained": {}, "recovered": {}, "revenue": {}, "tonnes": tonnes}
        works = np.exp(math.log(self.s.site_gsd) * self.z("recovery factor", site))
        table = self.reference.route_products
        table = table[(table["route_code"] == route) & (table["waste_type_code"] == waste)]
        sells = {r["element"]: r for r in table.to_dict("records")}
        for row in rows:
            if (row is not total and row["element"] in shares) or (row is total and not shares):
                continue
            c = self.grade(site, waste, row)
            for element, part in shares.items() if row is total else [(row["element"], 1.0)]:
                found["contained"][element] = c * part
                p = sells.get(element)
                if p is None or blank(p["recovery_mode"]) or blank(p["payability_mode"]) or element in ("U", "Th"):
                    continue
                r, g = (triangle(self.u(w, route, p["product"]), *three(p, w)) for w in ("recovery", "payability"))
                r = 1.0 if row["basis_code"] == "recovered" else np.minimum(1.0, r * works)
                found["recovered"][element] = c * part * r
                found["revenue"][element] = c * part * r * self.price(element, p["price_basis"]) * g / 1000
        for row in self.reference.route_costs.to_dict("records"):
            if row["route_code"] == route and row["is_preferred"] and waste in row["waste_type_codes"].split(";"):
                cost = triangle(self.u("cost", row["cost_id"]), *three(row, "opex", "_usd_per_t"))
                charge = row["treatment_charge_usd_per_t"] if row["treatment_charge_rule"] == "add" else 0.0
                cost = (cost + charge) * np.exp(math.log(self.s.site_gsd) * self.z("cost factor", site))
                capital = row["capex_usd_per_annual_t"]
                found["cost"] = cost + (0.0 if blank(capital) else capital / self.s.life_years)
        return None if tonnes is None or "cost" not in found or not found["recovered"] else found

    def best(self, x: dict, k: int, basket: frozenset[str]) -> tuple[float, float, float]:
        """(net value, sales, sales of the basket) of one draw: the best of all corners of a line that bends."""
        tonnes, revenue = x["tonnes"][k], {e: v[k] for e, v in x["revenue"].items()}
        full = {}
        for e, r in x["recovered"].items():
            cap = self.s.cap_shares.get(e, self.s.cap_share) * self.world(e) * self.s.life_years * 1e6
            full[e] = math.inf if blank(self.elements[e]["world_production_t"]) else cap / r[k]
        corners = [t for t in full.values() if t < tonnes] + [0.0, tonnes]
        at = max(corners, key=lambda t: sum(v * min(t, full[e]) for e, v in revenue.items()) - x["cost"][k] * t)
        sold = {e: v * min(at, full[e]) for e, v in revenue.items()}
        return sum(sold.values()) - x["cost"][k] * at, sum(sold.values()), sum(sold[e] for e in sold if e in basket)

    def block(self, sites: dict[str, dict], shares: dict[str, np.ndarray], basket: frozenset[str]) -> dict[str, Any]:
        """Draws (K,) of V, S, net value of the basket, margin and break-even of a block."""
        n = self.s.draws
        value, net, margin, multiple = (np.full(n, v) for v in (0.0, 0.0, -math.inf, math.inf))
        for k in range(n):
            whole = sold = mine = q = 0.0
            for s, x in sites.items():
                if shares[s][k] <= 0:
                    continue
                u = sum(v[k] for v in x["revenue"].values())
                margin[k] = max(margin[k], u - x["cost"][k])
                if u > 0 and x["cost"][k] / u < multiple[k]:
                    multiple[k] = x["cost"][k] / u
                    q = min(1.0, sum(v[k] for e, v in x["revenue"].items() if e in basket) / u / 0.10)
                if u > x["cost"][k]:
                    v, all_sales, own = self.best(x, k, basket)
                    whole, sold, mine = (
                        whole + shares[s][k] * v,
                        sold + shares[s][k] * all_sales,
                        mine + shares[s][k] * own,
                    )
                    net[k] += shares[s][k] * v * own / all_sales
            if whole > 0:
                q = min(1.0, mine / sold / 0.10)
                value[k] = q * (0.5 + 0.5 * min(1.0, math.log10(1 + net[k] / 1e5) / 4))
            elif multiple[k] < math.inf:
                value[k] = q * 0.5 * min(1.0, max(0.0, 1 - math.log10(multiple[k]) / 2))
        kg: dict[str, Any] = {}
        for s, x in sites.items():
            for e, r in x["recovered"].items():
                kg[e] = kg.get(e, 0.0) + shares[s] * x["tonnes"] * r / 1000
        years, heavy = np.zeros(n), np.zeros(n)
        pool = [e for e in POOL if e in basket]
        for e in kg:
            if e in pool:
                heavy = heavy + kg[e]
            elif e in basket and e in self.importance and not blank(self.elements[e]["world_production_t"]):
                years = years + self.importance[e] * np.log1p(kg[e] / 1000 / self.world(e))
        if pool:
            w = sum(self.world(e) for e in pool)
            weight = sum(self.world(e) * self.importance[e] for e in pool) / w
            years = years + weight * np.log1p(heavy / 1000 / w)
        strategic = np.minimum(1.0, np.log10(1 + 1000 * years) / 4)
        return {"V": value, "S": strategic, "net": net, "margin": margin, "multiple": multiple}
