"""Units: ppm, g/t, %, oxides, troy ounces, lakh and crore, USD and INR.

Belongs here: a conversion that is exact or carries its own dated rate. Does not belong here: deciding whether a stated
unit is believable (``data_sources.contracts``). Inside the project metal is always the element, in ppm = g/t; mass is
in tonnes or kilograms; money is in USD. Lakh and crore appear in text only.
"""

from __future__ import annotations

import math

from data_sources.contracts import UnitError

PPM_PER_PCT = 1e4
GRAMS_PER_TROY_OUNCE = 31.1034768
LAKH = 1e5
CRORE = 1e7

_PPM_PER_UNIT = {
    "ppm": 1.0,
    "g/t": 1.0,
    "mg/kg": 1.0,
    "ppb": 1e-3,
    "%": PPM_PER_PCT,
    "pct": PPM_PER_PCT,
    "wt%": PPM_PER_PCT,
}


def to_ppm(value: float, unit: str) -> float:
    """Grade in ppm (= g/t) from a value in ``unit``.

    Parameters
    ----------
    value : grade in ``unit``; NaN stays NaN.
    unit : one of ppm, g/t, mg/kg, ppb, %, pct, wt%.

    Raises
    ------
    UnitError : the unit is unknown, the value negative, or more than the whole (1,000,000 ppm = 100 %).
    """
    factor = _PPM_PER_UNIT.get(str(unit).strip().lower())
    if factor is None:
        raise UnitError(f"unknown unit {unit!r}", do=f"state one of {', '.join(_PPM_PER_UNIT)}")
    ppm = value * factor
    if ppm < 0 or ppm > 1e6 * (1 + 1e-12):
        raise UnitError(f"{value:g} {unit} is outside 0 to 1,000,000 ppm", do="check the stated unit of the figure")
    return ppm


def oxide_to_element(oxide_value: float, factor: float) -> float:
    """Element grade from an oxide grade: ``element = oxide x factor``, factor in t element per t oxide (0 < f < 1)."""
    if not 0 < factor < 1:
        raise UnitError(
            f"oxide factor {factor!r} is not between 0 and 1", do="use tonnes of element per tonne of oxide"
        )
    return oxide_value * factor


def contained_kg(tonnage_t: float, grade_ppm: float) -> float:
    """Metal in a mass of waste: ``M [kg] = T [t] x c [g/t] / 1000``."""
    return tonnage_t * grade_ppm / 1000.0


def dry_tonnes(wet_t: float, moisture_pct: float) -> float:
    """Dry mass of wet waste: ``dry = wet (1 - moisture / 100)``, moisture in % of the wet mass.

    Raises
    ------
    UnitError : moisture outside 0 to 100 %.
    """
    if not 0 <= moisture_pct < 100:
        raise UnitError(f"moisture {moisture_pct!r} % is outside 0 to 100", do="give % of the wet mass")
    return wet_t * (1.0 - moisture_pct / 100.0)


def kg_to_troy_ounces(mass_kg: float) -> float:
    """Troy ounces in a mass given in kilograms (1 ozt = 31.1034768 g)."""
    return mass_kg * 1000.0 / GRAMS_PER_TROY_OUNCE


def usd_to_inr_crore(usd: float, inr_per_usd: float) -> float:
    """Rupees crore from USD at a stated rate: ``USD x rate / 1e7`` (1 crore = 10 million)."""
    if not inr_per_usd > 0:
        raise UnitError(
            f"exchange rate {inr_per_usd!r} is not positive", do="give INR per USD and the date of the rate"
        )
    return usd * inr_per_usd / CRORE


def inr_to_crore(inr: float) -> float:
    """Rupees crore from rupees (1 crore = 1e7)."""
    return inr / CRORE


def tailings_grade(feed_t: float, feed_grade: float, concentrate_t: float, concentrate_grade: float) -> float:
    """Grade of tailings by metal balance: ``c_t = (F c_f - C c_c) / (F - C)``; a head grade is never a tailings grade.

    Parameters
    ----------
    feed_t, concentrate_t : dry tonnes of feed and of concentrate over the same period.
    feed_grade, concentrate_grade : in one and the same unit, which is that of the result.

    Raises
    ------
    UnitError : more concentrate than feed, or more metal in the concentrate than in the feed.
    """
    if not feed_t > concentrate_t >= 0:
        raise UnitError("the concentrate must weigh less than the feed", do="check tonnes of feed and of concentrate")
    metal_left = feed_t * feed_grade - concentrate_t * concentrate_grade
    if metal_left < 0:
        raise UnitError("more metal in the concentrate than in the feed", do="check grades and units")
    return metal_left / (feed_t - concentrate_t)


def significant(value: float, digits: int = 9) -> float:
    """``value`` rounded to ``digits`` significant digits; NaN, infinity and zero pass through."""
    if value == 0 or not math.isfinite(value):
        return value
    return float(f"{value:.{digits - 1}e}")


def number_text(value: float, digits: int = 3) -> str:
    """A number for a sentence: ``digits`` significant digits, thousands separated, no exponent."""
    if not math.isfinite(value):
        return "unknown"
    rounded = significant(value, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tonnes_text(tonnes: float) -> str:
    """Tonnes for a sentence: ``4,000 t`` or ``33 Mt``."""
    return f"{number_text(tonnes / 1e6)} Mt" if tonnes >= 1e5 else f"{number_text(tonnes)} t"


def kilograms_text(kilograms: float) -> str:
    """Kilograms for a sentence: ``750 kg``, ``12,400 t``."""
    return f"{number_text(kilograms / 1e3)} t" if kilograms >= 1e4 else f"{number_text(kilograms)} kg"


def usd_text(usd: float) -> str:
    """USD for a sentence: ``USD 350``, ``USD 12 million``, ``USD 1.4 billion``."""
    size = abs(usd)
    if size >= 1e9:
        return f"USD {number_text(usd / 1e9)} billion"
    if size >= 1e6:
        return f"USD {number_text(usd / 1e6)} million"
    return f"USD {number_text(usd)}"
