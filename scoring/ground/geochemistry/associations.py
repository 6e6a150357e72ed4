"""Element associations that point at critical minerals, as data: members, what each is corrected for, and why.

Belongs here: which elements travel together in which kind of ore. Does not belong here: arithmetic (``geochemistry``).
"""

from __future__ import annotations

from dataclasses import dataclass

from data_sources.reference.element_lists import of_association


@dataclass(frozen=True)
class Association:
    """Elements that rise together over one kind of mineralisation.

    ``members`` are averaged (at least ``min_members`` of them must be measured); ``corrected_for`` are the elements of
    resistate heavy minerals (zircon, monazite, xenotime) whose share of each member is taken out by robust regression
    before averaging, because a stream concentrates those minerals anywhere below ordinary granite.
    """

    name: str
    title: str
    short: str
    members: tuple[str, ...]
    corrected_for: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    reason: str = ""
    min_members: int = 2


ASSOCIATIONS: dict[str, Association] = {
    a.name: a
    for a in (
        Association(
            "light_ree",
            "Light rare earths, corrected for monazite and zircon sand",
            "light rare earths",
            of_association("light_ree"),
            ("Th", "Zr", "Hf"),
            ("rare", "ree", "rare-earth elements", "rare earth"),
            "monazite carries light REE with Th, zircon travels with it: what Th, Zr, Hf predict is placer, not ore",
        ),
        Association(
            "heavy_ree_y",
            "Heavy rare earths and yttrium, corrected for zircon and xenotime sand",
            "heavy rare earths and Y",
            of_association("heavy_ree_y"),
            ("Zr", "Hf", "Th"),
            ("rare", "ree", "rare-earth elements", "rare earth", "yttrium"),
            "zircon and xenotime carry heavy REE and Y with Zr and Hf",
        ),
        Association(
            "rare_metals",
            "Rare-metal pegmatite and granite",
            "rare metals",
            of_association("rare_metals"),
            (),
            ("lithium", "niobium", "tantalum", "tin", "tungsten", "beryllium"),
            "fractionated granite and pegmatite concentrate Li-Cs-Ta, Nb-Ta-Sn and W",
        ),
        Association(
            "ni_co_cr_pge",
            "Mafic and ultramafic: nickel, cobalt, chromium, platinum group",
            "Ni-Co-Cr-PGE",
            of_association("ni_co_cr_pge"),
            (),
            ("nickel", "cobalt", "chromite", "chromium", "pge", "platinum"),
            "magmatic sulphide and chromitite; without lithology, ordinary mafic rock raises them too",
        ),
        Association(
            "cu_mo_au",
            "Copper, molybdenum, gold",
            "Cu-Mo-Au",
            of_association("cu_mo_au"),
            (),
            ("copper", "molybdenum", "gold", "rhenium", "selenium", "tellurium"),
            "porphyry, IOCG and shear-zone copper with its companions; copper alone will do",
            min_members=1,
        ),
        Association(
            "zn_ge_in_cd",
            "Zinc and its companions",
            "Zn and companions",
            of_association("zn_ge_in_cd"),
            (),
            ("zinc", "lead", "germanium", "indium", "cadmium", "antimony"),
            "sphalerite carries Ge, In, Cd and Ga",
        ),
        Association(
            "phosphate",
            "Phosphate and carbonatite",
            "phosphate",
            of_association("phosphate"),
            (),
            ("phosphorite", "phosphate", "apatite", "carbonatite"),
            "apatite and carbonatite carry P, Sr, Ba and F, with REE",
        ),
        Association(
            "ti_v",
            "Titanium and vanadium",
            "Ti-V",
            of_association("ti_v"),
            (),
            ("titanium", "vanadium", "ilmenite"),
            "titaniferous magnetite; beach and river ilmenite too, so read it beside heavy_minerals",
        ),
    )
}

# Not a target: a warning. Resistate heavy minerals gathered by the stream.
HEAVY_MINERALS = Association(
    "heavy_minerals",
    "Resistate heavy minerals (zircon, monazite, ilmenite): a warning, not a target",
    "heavy minerals",
    ("Zr", "Hf", "Th"),
    (),
    (),
    "a stream concentrates these below ordinary rock; a high value here explains rare earths away",
)
