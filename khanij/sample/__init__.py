"""The only generator of the project: a made-up district, and a made-up India of the real size, by one code.

Everything written here is marked SAMPLE - NOT REAL. Belongs here: how a false but plausible survey comes about. Does
not belong here: reading, checking or scoring it; the rest of the project meets these files as it would meet a user's.

The generative model
--------------------
*Ground.* A mosaic of gneiss, granite and schist (bent Voronoi cells, rock by two smooth random fields), rivers that
follow the slope of a relief without basins, dolerite dykes, ultramafic plugs, and small alkaline complexes of syenite
or carbonatite. Some complexes are fertile, more are barren; the map shows both rocks for both kinds, and leaves one
fertile complex out altogether (covered). Faults are regional, and two cut every complex, fertile or barren.

*Deposits.* Carbonatite-hosted, fault-controlled rare earths with niobium: each lies within 250 m or so of a fault
that cuts a fertile complex, 0.2 to 1.7 radii from its centre. Most are published as occurrences within about 150 m.

*Ground chemistry.* ln(composition) = ln(rock median) + six smooth regional factors (range 11 km). A fertile complex
adds altered carbonatite that dies out over 1.6 radii, a deposit adds ore over 1.25 km: much LREE, Nb, Ba, Sr, P, F,
little Th against REE and almost no Zr. Nothing else tells where a deposit is: no label enters any column.

*Sediment.* A sample is a mixture of the ground at five points up its stream, with two decoys mixed in: zircon-
monazite sand along rivers (rare earths with Th/REE 0.13 and very high Zr, Hf, Ti) and waste washed from dumps for 14
km down the water. The mixture gets lognormal scatter, is closed to 100 %, gets laboratory error, and is cut at
detection limits.

*Waste sites.* One archetype per situation of a register (``archetypes``), true tonnages and grades in ``truth.json``.

*Defects.* Those of the real files (``defects``), each listed in ``truth.json`` with its row.
"""

from __future__ import annotations

from khanij.sample.counts import NATIONAL, SAMPLE_DISTRICT, DistrictCounts
from khanij.sample.district import Manifest, sample_district_folder, write_district

__all__ = ["NATIONAL", "SAMPLE_DISTRICT", "DistrictCounts", "Manifest", "sample_district_folder", "write_district"]
