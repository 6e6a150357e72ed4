"""The score a second time, plainly: from the tables as they are, one site, one draw, one block after the other.

It shares the random streams, the economic tables and the formulas of ``plain_projects`` (themselves a second
implementation) and nothing else: no route book, no records, no kernel.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from waste.plain_projects import normal, prices, value

from data_sources.reference.economics import economic_tables
from scoring.rank.baskets import basket_elements

TONNAGE = {"G1": 1.05, "G2": 1.15, "G3": 1.3, "G4": 1.5, "analogue": 2.0, "default": 2.0}
GRADE = {"G1": 1.10, "G2": 1.25, "G3": 1.5, "G4": 2.0, "analogue": 2.5, "default": 2.5}
ORDER = ["G1", "G2", "G3", "G4", "analogue", "default", "none"]
PURE = {"Fe": 699_000.0, "Zn": 670_000.0, "Pb": 870_000.0, "Cu": 350_000.0}
LANTHANIDES = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split()
FORMS = {"separated_oxide": ["oxide"], "oxide": ["oxide"], "metal": ["metal"], "ore": ["ore_or_concentrate"]}
FORMS["concentrate"] = ["ore_or_concentrate", "oxide"]
EXCHANGE = "Au Ag Pt Pd Cu Zn Pb Ni Al Sn Co".split()
RATES = [1e5 * 400 ** (i / 11) for i in range(12)]
NO_VALUE = ("upper_limit", "subfraction", "withdrawn", "head_grade")
NAN = math.nan


def blank(v: Any) -> bool:
    return v is None or v == "" or bool(pd.isna(v))


def worse(*classes: str) -> str:
    return max(classes, key=ORDER.index)


def width(figures: list[float], gsd: float, pure: float, conflict: bool) -> SimpleNamespace | None:
    """The one rule for widths; ``pure`` infinite for a tonnage."""
    low, mode, high = figures
    if any(v <= 0 or v >= pure for v in figures if not math.isnan(v)):
        return None

    def y(v: float) -> float:
        return math.log(v) if pure == math.inf else math.log(v / pure / (1 - v / pure))

    s, both = math.log(gsd), not math.isnan(low) and not math.isnan(high)
    if conflict:
        return SimpleNamespace(mu=(y(low) + y(high)) / 2, sigma=max(s, (y(high) - y(low)) / 3)) if both else None
    if both:
        s = max(s, (y(high) - y(low)) / 2.563)
    if math.isnan(mode):
        return SimpleNamespace(mu=(y(low) + y(high)) / 2, sigma=s) if both else None
    return SimpleNamespace(mu=y(mode) - s * s / 2 * (1 - 2 * mode / pure), sigma=s)


def stated(r: dict) -> float:
    """The figure of a grade [ppm]: the likely one, else the middle of the logarithms of a range."""
    if math.isnan(r["ppm_mode"]) or r["is_conflict"]:
        return math.sqrt(r["ppm_min"] * r["ppm_max"])
    return float(r["ppm_mode"])


def quantile(values: np.ndarray, p: float) -> float:
    """Type 7; infinity where the value above is infinite."""
    a = np.sort(np.asarray(values, float))
    at = (len(a) - 1) * p
    i, part = int(at), at - int(at)
    if part == 0:
        return float(a[i])
    return float(a[i]) if a[i] == a[i + 1] else float(a[i] + part * (a[i + 1] - a[i]))


def h(u: float) -> float:
    return min(1.0, math.log10(1 + u / 1e5) / 5)


class Plain:
    """One run's tables and what its sites are worth in every draw."""

    def __init__(self, frames: dict[str, Any]) -> None:
        self.s, self.reference = frames["settings"], frames["reference"]
        self.frames, self.tables = frames, economic_tables({"elements": self.reference.elements})
        self.elements = {r["element"]: r for r in self.reference.elements.to_dict("records")}
        self.baskets = {n: basket_elements(n, self.s, self.reference) for n in ("critical_30", "all_recoverable")}
        self.deck = self.tables.price_usd_per_kg[self.s.price_deck]
        other = next(d for d in ("2024", "2025e") if d != self.s.price_deck)
        finance = SimpleNamespace(discount_rate=self.s.discount_rate)
        self.run = SimpleNamespace(
            seed=self.s.seed,
            draws=self.s.draws,
            finance=finance,
            rates_t=RATES,
            baskets=list(self.baskets.values()),
            decks=(self.deck, self.tables.price_usd_per_kg[other]),
        )
        cap = {
            e: 1000 * self.s.cap_shares.get(e, self.s.cap_share) * r["world_production_t"]
            for e, r in self.elements.items()
            if not blank(r["world_production_t"])
        }
        self.terms = SimpleNamespace(
            royalty=None,
            cap_kg=cap,
            freight_usd_per_kg={},
            cost_factor=1.0,
            royalty_base=self.s.royalty_base,
            importance=self._importance(),
            strategic=self.s.strategic_premium,
        )
        self.sites = {r["site_id"]: self.site(r) for r in frames["sites"].to_dict("records")}

    def _importance(self) -> dict[str, float]:
        known = {e: r for e, r in self.elements.items() if not blank(r["eu2023_supply_risk"])}
        risk = {e: r["eu2023_supply_risk"] * r["eu2023_economic_importance"] for e, r in known.items()}
        mean = np.mean([v for e, v in risk.items() if self.elements[e]["in_india_30"]])
        return {e: float(np.clip(v / mean, 0.1, 3.0)) for e, v in risk.items()}

    def tonnage(self, site: str) -> tuple[SimpleNamespace | None, str]:
        """The width of the preferred tonnage [t], and its class."""
        rows = self.frames["tonnages"]
        row = rows[(rows["site_id"] == site) & rows["is_preferred"]].iloc[0].to_dict()
        klass = worse(row["knowledge_class"], {"derived": "G3", "plan": "analogue"}.get(row["basis_code"], "G1"))
        dry = 1 - row["moisture_pct"] / 100 if row["mass_basis"] == "wet" and not blank(row["moisture_pct"]) else 1.0
        figures = [1e6 * dry * float(row[f"tonnage_{k}_mt"]) for k in ("min", "mode", "max")]
        return width(figures, TONNAGE[klass], math.inf, bool(row["is_conflict"])), klass

    def metallurgy(self, family: str | None, product: dict, element: str) -> tuple[float, float]:
        known = self.tables.recoveries.get((family, element))
        of_route = (float(product["recovery_mode"]), float(product["payability_mode"]))
        return (known.median, known.payable) if known else of_route

    def sells(self, element: str, product: dict | None, family: str | None) -> bool:
        if product is None or element in ("U", "Th") or any(map(math.isnan, self.metallurgy(family, product, element))):
            return False
        form, priced = self.elements[element]["price_is_for"], any(d.get(element) for d in self.run.decks)
        return priced and not blank(form) and form in FORMS[product["price_basis"]]

    def width_of(self, r: dict) -> tuple[SimpleNamespace | None, str]:
        """The width of a grade, and its class."""
        klass = worse(r["knowledge_class"], "analogue") if r["basis_code"] == "plan" else r["knowledge_class"]
        pure = PURE.get(r["element"], self.pure(r["element"]))
        return width(
            [float(r[f"ppm_{k}"]) for k in ("min", "mode", "max")], GRADE[klass], pure, r["is_conflict"]
        ), klass

    def total(self, rows: list[dict], waste: str) -> tuple[dict | None, dict[str, np.ndarray], set[str], float]:
        """The rare-earth total, the draws of the shares of what is split, the elements inside it, and the part that is split.

        An assay of an element inside counts by itself where it is known no worse than the total; the rest is split among the others.
        """
        row = next((r for r in rows if r["element_kind"] == "total" and r["basis_code"] not in NO_VALUE), None)
        table = self.reference.ree_profiles
        table = table[
            (table["waste_type_codes"].fillna("").str.split(";").map(lambda w: waste in w)) & ~table["includes_sc"]
        ]
        if row is None or not len(table):
            return row, {}, set(), 1.0
        with_y = blank(row["tree_includes"]) or row["tree_includes"] in ("Y", "unknown")
        inside = {*LANTHANIDES, *(["Y"] if with_y else [])}
        own: dict[str, float] = {}
        for r in rows:
            if (
                r["element_kind"] == "total"
                or r["element"] not in inside
                or r["element"] in own
                or r["basis_code"] in NO_VALUE
            ):
                continue
            known, klass = self.width_of(r)
            alike = (r["basis_code"] == "recovered") == (row["basis_code"] == "recovered")
            if known is not None and alike and worse(klass, self.width_of(row)[1]) == self.width_of(row)[1]:
                own[r["element"]] = stated(r)
        left = 1 - sum(own.values()) / stated(row)
        kept = {e: v for e, v in zip(table["element"], table["share_pct"]) if (e != "Y" or with_y) and e not in own}
        hidden = inside - set(own)
        if left <= 1e-12 or not kept:
            return row, {}, hidden, 0.0
        code, ln = next(iter(table["profile_code"])), math.log(self.s.profile_gsd)
        z = {e: normal(self.s.seed, self.s.draws, "profile", code, e) for e in kept}
        whole = sum(kept.values())
        drawn = {e: v / whole * np.exp(ln * z[e]) for e, v in kept.items()}
        return row, {e: v / sum(drawn.values()) for e, v in drawn.items()}, hidden, left

    def site(self, row: dict) -> dict[str, Any]:
        """Tonnes, contained and recoverable kg, worth, classes of one site; ``value`` None where not quantified."""
        site, waste, route = row["site_id"], row["waste_type_code"], row["route_code"]
        plant = self.tables.family_of(route, waste)
        table = self.reference.route_products
        table = table[(table["route_code"] == route) & (table["waste_type_code"] == waste)]
        products = {r["element"]: r for r in table.to_dict("records")}
        grades = self.frames["grades"]
        rows = grades[(grades["site_id"] == site) & (grades["use"] == "1")].to_dict("records")
        _, shares, behind, left = self.total(rows, waste)
        figures, classes, assayed, sold = [], {}, {}, []
        for r in rows:
            pure = PURE.get(r["element"], self.pure(r["element"]))
            is_total = r["element_kind"] == "total"
            part = (
                {f"ppm_{k}": float(r[f"ppm_{k}"]) * left for k in ("min", "mode", "max")} if is_total and shares else {}
            )
            w, klass = self.width_of(r | part)
            hidden = not is_total and r["element"] in behind
            if r["basis_code"] in NO_VALUE or w is None or hidden or (is_total and not shares):
                continue
            own = r["knowledge_class"] != "analogue"
            key = None if own else (waste, r["element"], *(repr(float(r[f"ppm_{k}"])) for k in ("min", "mode", "max")))
            parts = shares if is_total else {r["element"]: None}
            here = []
            for e, share in parts.items():
                classes[e] = klass
                assayed[e] = (r["element"], w, pure, key, share)
                if not self.sells(e, products.get(e), plant.family if plant else None):
                    continue
                recovery, payable = self.metallurgy(plant.family, products[e], e)
                freight = row["product_freight_usd_per_t"]
                freight = products[e]["freight_usd_per_t_product"] if blank(freight) else freight
                freight = None if blank(freight) else float(freight) / 1000
                sold.append(e)
                here.append(
                    SimpleNamespace(
                        element=e,
                        share=None if share is None else e,
                        recovered=r["basis_code"] == "recovered",
                        recovery=recovery,
                        payable=payable,
                        freight_usd_per_kg=freight,
                    )
                )
            if here:
                figures.append(
                    SimpleNamespace(label=r["element"], width=w, pure_ppm=pure, products=here, borrowed_from=key)
                )
        tonnage, klass = self.tonnage(site)
        km = row["plant_distance_km"]
        out = {"sold": sold, "value": None, "tonnage_class": klass, "row": row, "plant": plant, "products": products}
        out["grade_class"] = lambda p: classes[p] if p in classes else worse(*classes.values()) if classes else "none"
        if tonnage is None:
            return out | {"tonnes": None}
        tonnes = np.exp(tonnage.mu + tonnage.sigma * normal(self.s.seed, self.s.draws, "tonnage", site))
        out |= {"tonnes": tonnes, "contained": {}, "recoverable": {}}
        for e, (label, w, pure, key, share) in assayed.items():
            out["contained"][e] = tonnes * self.ppm(site, label, w, pure, key) * (1 if share is None else share) / 1000
        if not sold or plant is None:
            return out
        project = SimpleNamespace(
            site_id=site,
            tonnage_t=tonnage,
            grades=figures,
            plant=plant,
            test_level=row["test_level"] or "none",
            mineral_state=row["mineral_state"] or "unknown",
            mill_stands=row["is_mill_standing"],
            feed_freight_usd_per_t=0.0 if blank(km) else self.s.haulage_usd_per_t_km * km,
        )
        market = prices(sold, self.tables, self.run, self.deck)
        found = value(project, self.tables, self.terms, self.run, 0, market, shares)
        for e, _, recovered, *_ in found["drawn"]["products"]:
            out["recoverable"][e] = tonnes * recovered
        return out | {"value": found, "project": project, "revenue": self.revenue(found)}

    def pure(self, element: str) -> float:
        row = self.elements.get(element)
        known = row is not None and not blank(row.get("pure_mineral_ppm"))
        return float(row["pure_mineral_ppm"]) if known else 1e6

    def ppm(self, site: str, label: str, w: SimpleNamespace, pure: float, key: tuple | None) -> np.ndarray:
        common = ("borrowed grade", *key) if key else ("grade of site", site)
        own = normal(self.s.seed, self.s.draws, "grade", site, label)
        z = math.sqrt(0.7) * normal(self.s.seed, self.s.draws, *common) + math.sqrt(0.3) * own
        return pure / (1 + np.exp(-(w.mu + w.sigma * z)))

    @staticmethod
    def chosen(v: dict) -> np.ndarray:
        """Row of the plant with the best NPV in each draw."""
        return np.where(v["feasible"], v["npv"], -np.inf).argmax(axis=0)

    def revenue(self, v: dict) -> dict[str, float]:
        at = self.chosen(v)[None]
        return {e: float(np.take_along_axis(x, at, 0).mean()) for e, x in v["of_product"].items()}

    def plant_columns(self, x: dict[str, Any]) -> dict[str, float]:
        """Medians over the draws that pay of plant, life, capital, payback and royalty; NaN below 5 %."""
        v, project, fin = x["value"], x["project"], self.tables
        names = ("plant_mtpa_p50", "life_years_p50", "capital_usd_p50", "payback_years_p50", "royalty")
        if (v["best"] > 0).mean() < 0.05:
            return dict.fromkeys(names, NAN)
        family, ramp = fin.families[project.plant.family], fin.maturity[project.plant.maturity].ramp
        rows: list[tuple[float, ...]] = []
        for k, q in enumerate(self.chosen(v)):
            if not v["best"][k] > 0:
                continue
            rate = RATES[q]
            life = min(20.0, v["drawn"]["tonnes"][k] / rate)
            capital = v["drawn"]["capital"][k] * (rate / 5e6) ** family.capital.exponent
            cost = v["drawn"]["operating"][k] * (rate / 5e6) ** family.operating.exponent
            cost = (cost + project.feed_freight_usd_per_t) * rate
            net, taken = 0.0, 0.0
            for e, contained, recovered, payable, freight in v["drawn"]["products"]:
                kg, price = min(rate * recovered[k], self.terms.cap_kg.get(e, math.inf)), v["market"][e][k]
                royalty, base = fin.royalty_of(e), kg
                margin = price * (payable - royalty) - freight
                if self.s.royalty_base == "contained" and e in fin.royalty_on_contained:
                    margin, base = (
                        price * (payable - royalty * contained[k] / recovered[k]) - freight,
                        rate * contained[k],
                    )
                net += kg * max(0.0, margin)
                taken += base * price * royalty * (margin > 0)
            left, paid, t, output = capital, math.inf, 0, 0.0
            while t < life:
                f, part = ramp[min(t, 3)], min(1.0, life - t)
                cash = part * (f * net - (0.4 + 0.6 * f) * cost - 0.02 * capital)
                output += part * f
                if left is not None and cash >= left and cash > 0 and paid == math.inf:
                    paid = t + part * left / cash
                left -= cash
                t += 1
            rows.append((rate / 1e6, life, capital, paid, taken * output / life))
        return dict(zip(names, np.median(np.array(rows), axis=0).tolist()))

    def product_multiples(self, v: dict) -> dict[str, float]:
        """Median price multiple of one product alone, of those that bring 10 % or more."""
        revenue = self.revenue(v)
        out = {}
        for e, own in v["of_product"].items():
            if not (sum(revenue.values()) > 0 and revenue[e] >= 0.1 * sum(revenue.values())):
                continue
            with np.errstate(all="ignore"):
                need = np.maximum(0, v["cost"] - (v["earned"] - own)) / own
            need = np.where(v["feasible"] & (own > 0), need, math.inf).min(axis=0)
            out[e] = quantile(need, 0.5)
        return out

    def block(self, shares: dict[str, np.ndarray]) -> dict[str, Any]:
        """Draws (K,) of a block that holds shares of sites: NPV, multiple, premium, U and U_lambda, and whether it pays."""
        n = self.s.draws
        npv, multiple, premium, pays, today = (
            np.zeros(n),
            np.full(n, math.inf),
            np.full(n, -math.inf),
            *np.zeros((2, n)),
        )
        u, lifted = np.zeros((2, n)), np.zeros((2, n))
        one_size = {s: self.size_of(self.sites[s]["value"]) for s in shares}
        for k in range(n):
            here = [(s, a[k], self.sites[s]["value"]) for s, a in shares.items() if a[k] > 0]
            if not here:
                continue
            gain = sum(a * max(0.0, v["best"][k]) for _, a, v in here)
            pays[k] = any(v["best"][k] > 0 for _, _, v in here)
            npv[k] = gain if pays[k] else max(v["best"][k] for _, _, v in here)
            multiple[k] = min(v["multiple"][k] for _, _, v in here)
            premium[k] = max(v["premium"][k] for _, _, v in here)
            today[k] = any(v["feasible"][one_size[s], k] and v["npv"][one_size[s], k] > 0 for s, _, v in here)
            for b in range(2):
                u[b, k] = sum(a * v["u"][b, k] for _, a, v in here)
                lifted[b, k] = sum(a * v["u_lambda"][b, k] for _, a, v in here)
        return {
            "npv": npv, "multiple": multiple, "premium": premium, "pays": pays, "today": today, "u": u,
            "lifted": lifted,
        }  # fmt: skip

    @staticmethod
    def size_of(v: dict) -> int:
        """The one size with the largest mean of max(NPV, 0)."""
        return int(np.where(v["feasible"], np.maximum(v["npv"], 0), 0).mean(axis=1).argmax())

    def classes(self, x: dict[str, Any]) -> dict[str, str]:
        """The five knowledge classes of a site."""
        revenue = x.get("revenue", {})
        product = max(sorted(revenue), key=lambda e: revenue[e], default=None) or next(iter(sorted(x["sold"])), None)
        out = {"tonnage": x["tonnage_class"], "grade": x["grade_class"](product)}
        if x["value"] is None:
            return out | dict.fromkeys(("recovery", "cost", "price"), "none")
        family = self.tables.families[x["plant"].family]
        plants = min(family.operating.n_plants, family.capital.n_plants)
        seen = (x["plant"].family, product) in self.tables.recoveries_seen
        seen = seen or x["products"][product]["recovery_basis"] == "published"
        tested = {"plant": "G1", "pilot": "G2", "bench": "G3"}
        out["recovery"] = tested.get(x["project"].test_level, "analogue" if seen else "default")
        out["cost"] = "G3" if plants >= 3 else "analogue" if plants else "default"
        basis = self.elements[product]["price_basis"]
        out["price"] = "G2" if product in EXCHANGE else "G4" if basis in ("published", "derived") else "default"
        return out
