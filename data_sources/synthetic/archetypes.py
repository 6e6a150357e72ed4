"""The situations of a waste register, one archetype each; the sample district holds every one of them once.

Grades are ppm of the element whatever the printed unit; tonnages million dry tonnes (low, most likely, high).
"""

from __future__ import annotations

from dataclasses import dataclass

_Triple = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Grade:
    """One grade figure of an archetype."""

    element: str
    mode: float | None = None
    low: float | None = None
    high: float | None = None
    known: str = "G3"
    unit: str = "ppm"
    basis: str = "assay"
    n_samples: int | None = None
    tree_includes: str = ""
    use: bool = True
    reason: str = "only figure"


@dataclass(frozen=True, kw_only=True)
class Archetype:
    """One kind of site, with the trap or the ordinary case that it stands for in ``key``."""

    key: str
    prefix: str
    what: str
    waste_type: str
    host: str
    route: str
    tonnage: _Triple
    tonnage_class: str = "G3"
    tonnage_basis: str = "published"
    older_tonnage_mt: float | None = None
    is_screening_only: bool = False
    grades: tuple[Grade, ...] = ()
    is_transported: bool = False
    has_position: bool = True
    accuracy_m: float = 250.0
    footprint: str = ""
    operator: str = "Sample Minerals Ltd"
    lease_status: str = "unknown"
    lease_basis: str = ""
    duplicate_of: str = ""
    constraints: tuple[tuple[str, str, float | None, str], ...] = ()
    drains_as: str = "other"
    notes: str = ""


_CU = dict(waste_type="cu_flotation_tailings", host="Cu", route="flotation_cu", drains_as="cu_flotation_tailings")
_ASH = dict(
    waste_type="coal_fly_ash", host="coal", route="acid_leach_sx", is_transported=True, drains_as="coal_fly_ash"
)
_MUD = dict(waste_type="red_mud", host="Al", route="acid_leach_sx", is_transported=True, drains_as="red_mud")
_PG = dict(waste_type="phosphogypsum", host="P", route="pg_leach", is_transported=True, drains_as="phosphogypsum")
_ASH_RANGE = Grade(
    "TREE",
    low=350.0,
    high=500.0,
    known="analogue",
    basis="national_range",
    tree_includes="unknown",
    reason="only figure: borrowed range",
)


def _a(common: dict[str, object], **own: object) -> Archetype:
    return Archetype(**{**common, **own})  # type: ignore[arg-type]


ARCHETYPES: tuple[Archetype, ...] = (
    _a(_CU, key="pays well, drilled", prefix="TSF", what="copper tailings", tonnage=(36, 41, 47), tonnage_class="G2", older_tonnage_mt=38,
       footprint="plain", lease_status="operator", lease_basis="the operator's own lease",
       grades=(Grade("Cu", 4300, known="G2", n_samples=64, unit="%"), Grade("Au", 0.09, known="G3", unit="g/t", n_samples=18), Grade("Ag", 1.1, known="G3", unit="g/t", n_samples=18), Grade("Mo", 85, known="G4"))),
    _a(_CU, key="does not pay", prefix="TSF", what="copper tailings", tonnage=(50, 62, 75), footprint="plain",
       grades=(Grade("Cu", 1050, known="G3", n_samples=12), Grade("Ag", 0.6, known="G4", unit="g/t"))),
    _a(_CU, key="recovered, not assay", prefix="TSF", what="copper tailings", tonnage=(18, 22, 30), tonnage_class="G4", footprint="parts",
       grades=(Grade("Cu", 1250, known="G3", basis="recovered", unit="g/t", reason="already after recovery"), Grade("Cu", 3100, known="G4", use=False, reason="a head grade"))),
    _a({}, key="out of the basket: zinc", prefix="TSF", what="zinc-lead tailings", waste_type="zn_pb_flotation_tailings", host="Zn-Pb-Ag", route="flotation_zn_pb",
       tonnage=(22, 26, 31), tonnage_class="G2", footprint="plain", drains_as="zn_pb_flotation_tailings",
       grades=(Grade("Zn", 22500, known="G2", unit="%", n_samples=40), Grade("Pb", 7200, known="G2", unit="%", n_samples=40), Grade("Ag", 38, known="G3", unit="g/t", n_samples=40))),
    _a({}, key="out of the basket: gold", prefix="TSF", what="gold mill tailings", waste_type="au_mill_tailings", host="Au", route="cil_releach",
       tonnage=(9, 11, 13), accuracy_m=1500, grades=(Grade("Au", 0.71, low=0.6, high=0.85, known="G3", unit="g/t", n_samples=25),)),
    _a({}, key="out of the basket: iron", prefix="TSF", what="iron slimes", waste_type="fe_slimes", host="Fe", route="gravity_mag_fe",
       tonnage=(30, 40, 55), tonnage_class="G4", footprint="plain", grades=(Grade("Fe", 520000, known="G3", unit="%", n_samples=9),)),
    _a({}, key="nickel laterite overburden, low", prefix="OB", what="laterite overburden", waste_type="cr_laterite_overburden", host="Cr-(Ni-Co)", route="hpal_roast_leach",
       tonnage=(25, 32, 45), tonnage_class="G4", accuracy_m=2500, grades=(Grade("Ni", 7400, known="G4", unit="%"), Grade("Co", 560, known="G4"))),
    _a({}, key="nickel laterite overburden, about break-even", prefix="OB", what="laterite overburden", waste_type="cr_laterite_overburden", host="Cr-(Ni-Co)", route="hpal_roast_leach",
       tonnage=(14, 18, 24), footprint="plain", grades=(Grade("Ni", 14200, known="G3", unit="%", n_samples=31), Grade("Co", 1150, known="G3", n_samples=31))),
    _a(_MUD, key="red mud, ordinary", prefix="RM", what="red-mud pond", tonnage=(10, 12, 15), footprint="plain", lease_status="operator", lease_basis="refinery land",
       grades=(Grade("Sc", 78, known="G3", n_samples=14), Grade("TREE", 940, known="G3", tree_includes="none", n_samples=14), Grade("Ti", 52000, known="G4", unit="%"))),
    _a(_MUD, key="red mud, rich in scandium", prefix="RM", what="red-mud pond", tonnage=(17, 21, 26), tonnage_class="G2", footprint="hole",
       grades=(Grade("Sc", 265, known="G2", n_samples=48), Grade("TREE", 2600, known="G2", tree_includes="none", n_samples=48))),
    _a(_ASH, key="ash, borrowed range 1", prefix="FA", what="ash dyke", tonnage=(None, 48, None), tonnage_class="analogue", tonnage_basis="derived", accuracy_m=3000, grades=(_ASH_RANGE,)),
    _a(_ASH, key="ash, borrowed range 2", prefix="FA", what="ash dyke", tonnage=(None, 35, None), tonnage_class="analogue", tonnage_basis="derived", footprint="plain", grades=(_ASH_RANGE,)),
    _a(_ASH, key="ash, upper limit only", prefix="FA", what="ash dyke", tonnage=(None, 20, None), tonnage_class="analogue", tonnage_basis="derived", accuracy_m=3000,
       grades=(Grade("Sc", None, high=30.0, known="G4", basis="upper_limit", reason="a less-than"),)),
    _a(_ASH, key="screening only", prefix="FA", what="lignite ash dyke", waste_type="lignite_fly_ash", host="lignite", tonnage=(2, 9, 30), tonnage_class="analogue", tonnage_basis="derived",
       is_screening_only=True, accuracy_m=4000, grades=(Grade("TREE", 2050, known="G4", tree_includes="Y"),)),
    _a(_PG, key="phosphogypsum, rich", prefix="PG", what="gypsum stack", tonnage=(6, 7.5, 9), footprint="plain", grades=(Grade("TREE", 9800, known="G3", tree_includes="Y", n_samples=22),)),
    _a(_PG, key="total with Y, and Y again", prefix="PG", what="gypsum stack", tonnage=(11, 14, 18), accuracy_m=800,
       grades=(Grade("TREE", 4100, known="G3", tree_includes="Y", n_samples=10), Grade("Y", 520, known="G3", n_samples=10))),
    _a({}, key="atomic mineral: gated", prefix="BS", what="placer plant tailings", waste_type="beach_sand_tailings", host="Ti-Zr-(REE-Th)", route="heavy_mineral",
       tonnage=(1.5, 2, 3), footprint="plain", grades=(Grade("TREE", 14500, known="G3", tree_includes="none", unit="%", n_samples=16), Grade("Th", 1900, known="G3", n_samples=16)),
       constraints=(("atomic mineral", "hard", None, "monazite above the Part B threshold: reserved"),), drains_as="none"),
    _a(_CU, key="court order: gated", prefix="TSF", what="copper tailings", tonnage=(24, 28, 33), tonnage_class="G2", footprint="plain",
       grades=(Grade("Cu", 4700, known="G2", unit="%", n_samples=38),), constraints=(("court order", "hard", None, "a high court bars any removal of material until the closure plan is approved"),)),
    _a(_CU, key="third party's operating lease", prefix="TSF", what="copper tailings", tonnage=(13, 16, 19), footprint="plain", lease_status="third_party",
       lease_basis="inside the operating lease of another company", grades=(Grade("Cu", 3900, known="G3", unit="%", n_samples=20),),
       constraints=(("lease", "leased", None, "an operating third-party lease covers the pond"),)),
    _a({}, key="nothing known: companions only", prefix="OB", what="coal overburden", waste_type="coal_overburden", host="coal", route="none_known",
       tonnage=(None, None, None), tonnage_class="none", tonnage_basis="none", accuracy_m=2000),
    _a(_CU, key="duplicate of SMP-TSF-001", prefix="X", what="copper tailings, old name", tonnage=(None, 38, None), tonnage_class="G4", duplicate_of="SMP-TSF-001", accuracy_m=3000, drains_as="none"),
    _a({}, key="no position", prefix="TSF", what="iron slimes", waste_type="fe_slimes", host="Fe", route="gravity_mag_fe", tonnage=(3, 4, 6), tonnage_class="G4",
       has_position=False, grades=(Grade("Fe", 465000, known="G4", unit="%"),)),
    _a({}, key="no route known", prefix="TSF", what="jarosite ponds", waste_type="jarosite_jarofix", host="Zn-Pb-Ag-(In-Ge-Ga?)", route="none_known", is_transported=True,
       tonnage=(1.6, 2, 2.4), footprint="plain", grades=(Grade("In", 110, known="G3", n_samples=8), Grade("Ag", 70, known="G3", unit="g/t", n_samples=8))),
    _a({}, key="product without payability", prefix="TSF", what="tungsten gravity tailings", waste_type="w_gravity_tailings", host="W-(Li-Rb)", route="gravity_w_sn",
       tonnage=(2, 2.6, 3.3), accuracy_m=600, grades=(Grade("W", 780, known="G3", n_samples=11), Grade("Sn", 130, known="G4"))),
    _a(_CU, key="under 0.1 Mt", prefix="TSF", what="small copper tailings", tonnage=(0.04, 0.06, 0.08), accuracy_m=300, grades=(Grade("Cu", 5200, known="G3", unit="%", n_samples=6),)),
    _a(_CU, key="soft constraints", prefix="TSF", what="copper tailings", tonnage=(15, 19, 24), footprint="parts", accuracy_m=400, grades=(Grade("Cu", 3500, known="G3", n_samples=15), Grade("Au", 0.06, known="G4", unit="g/t")),
       constraints=(("forest", "soft", 0.8, "about two fifths is forest land: 1 - 0.5 x 0.4"), ("settlement", "soft", 0.8, "a hamlet stands on the toe of the dump"))),
    _a(_MUD, key="plots outside its state", prefix="RM", what="red-mud pond", tonnage=(4, 5, 6), accuracy_m=500, grades=(Grade("Sc", 92, known="G3", n_samples=7),), drains_as="none"),
    _a(_MUD, key="lakh read as million", prefix="RM", what="red-mud pond", tonnage=(3.6, 4.2, 5), accuracy_m=500, grades=(Grade("Sc", 88, known="G3", n_samples=7), Grade("TREE", 62000, known="G4", unit="%", tree_includes="none", reason="printed so"))),
)  # fmt: skip
