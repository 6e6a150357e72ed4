"""Value on margin: unit value, unit cost, break-even multiple, the market cap, net value. Scalar kernels of the engine.

Belongs here: what a tonne earns and costs. Does not belong here: drawing (``streams``, ``engine``) or reading tables.

Notes
-----
``u = sum_e c_e R_e P_e g_e / 1000`` [USD/t] over what the route sells, ``m = u - k``, ``BE = k / u``.
The market cap limits what can be sold, not the grade: over the plant's life at most ``phi_e W_e L`` of each element
finds a buyer, so the value of processing ``T_p`` tonnes is ``sum_e r_e min(T_p, t_e) - k T_p`` with
``t_e = phi_e W_e L / (c_e R_e)``. It is concave and piecewise linear in ``T_p``; its maximum on [0, T] is the net value.
Where no cap binds this is ``max(m, 0) T``.
"""

from __future__ import annotations

import math

from numba import njit

from khanij.foundation.errors import UnitError

RUPEES_PER_CRORE = 1e7


def usd_to_inr_crore(usd: float, inr_per_usd: float) -> float:
    """Rupees crore from USD at a stated rate: ``USD x rate / 1e7`` (1 crore = 10 million).

    Raises
    ------
    UnitError : the rate is not positive.
    """
    if not inr_per_usd > 0:
        raise UnitError(
            f"exchange rate {inr_per_usd!r} is not positive", do="give INR per USD and the date of the rate"
        )
    return usd * inr_per_usd / RUPEES_PER_CRORE


@njit(cache=True, nogil=True, error_model="numpy")
def net_value(tonnage, unit_cost, revenue, full_at, sold):
    """Largest net value over the tonnage processed, and that tonnage.

    Parameters
    ----------
    tonnage : waste there is [t].
    unit_cost : USD per tonne of waste processed.
    revenue : (n,) USD per tonne of waste from each product while it finds a buyer.
    full_at : (n,) tonnes of waste after which the market takes no more of the product; inf where no cap is known.
    sold : (n,) output, tonnes of waste whose product is sold, ``min(T_p, full_at)``.

    Returns
    -------
    (net value [USD] >= 0, tonnes processed)
    """
    n = revenue.shape[0]
    margin = -unit_cost
    binds = False
    for i in range(n):
        sold[i] = 0.0
        if full_at[i] <= 0.0:  # nobody buys any of it
            continue
        margin += revenue[i]
        if full_at[i] < tonnage:
            binds = True
    if margin <= 0.0:
        return 0.0, 0.0
    if not binds:
        for i in range(n):
            sold[i] = min(tonnage, full_at[i])
        return margin * tonnage, tonnage
    value, at = 0.0, 0.0
    while margin > 0.0 and at < tonnage:
        nxt = tonnage
        for i in range(n):
            if at < full_at[i] < nxt:
                nxt = full_at[i]
        value += margin * (nxt - at)
        at = nxt
        for i in range(n):
            if full_at[i] == at:
                margin -= revenue[i]
    for i in range(n):
        sold[i] = min(at, full_at[i])
    return value, at


@njit(cache=True, nogil=True, error_model="numpy")
def value_axis(net_value_project, net_value_basket, break_even, q):
    """V in [0, 1], continuous across break-even (net values in USD, q = min(1, basket revenue share / 0.10)).

    ``V = q [0.5 + 0.5 min(1, log10(1 + NV_basket / 1e5) / 4)]`` where the project pays, else
    ``V = q 0.5 clip(1 - log10(BE) / 2, 0, 1)``; no revenue at all (BE = NaN) gives 0.
    """
    if net_value_project > 0.0:
        return q * (0.5 + 0.5 * min(1.0, math.log10(1.0 + net_value_basket / 1e5) / 4.0))
    if not break_even < math.inf:
        return 0.0
    return q * 0.5 * min(1.0, max(0.0, 1.0 - math.log10(max(break_even, 1.0)) / 2.0))


@njit(cache=True, nogil=True, error_model="numpy")
def strategic_axis(supply_years):
    """S in [0, 1] from Y, importance-weighted years of world supply: ``S = min(1, log10(1 + 1000 Y) / 4)``."""
    return min(1.0, math.log10(1.0 + 1000.0 * supply_years) / 4.0)
