"""How tables call who runs a mine or its waste, who holds the lease of it, and who owns it.

Belongs here: spellings of headers, one list for registers of wastes and layers of leases. Does not belong here: whose lease it is
(``readers.statuses``).
"""

from __future__ import annotations


def _called(*things: str) -> tuple[str, ...]:
    """Each thing by itself and as a name."""
    return tuple(s for t in things for s in (t, f"{t}_name", f"name_of_{t}", f"name_of_the_{t}"))


# With what a Shapefile leaves of some in ten letters; not of concessionaire_name, which would be the kind of a concession.
OPERATORS = (*_called("operator", "company"), "operating_company", "operator_n", "company_na")
LESSEES = (
    *_called("lessee"), "lessee_nam", "lesseename", *_called("lease_holder"), "lease_hold", "leaseholder", *_called("holder"), "holder_nam",
    *_called("concessionaire"),
)  # fmt: skip
OWNERS = (*_called("owner"), "owner_company", "mine_owner")
