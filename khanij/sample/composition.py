"""What each made-up rock, ore, heavy-mineral sand and waste is made of: the tables behind the geochemistry.

Majors and LOI in %, traces in ppm (Au, Pt, Pd and Hg in ppb). The gneiss column is close to an ordinary stream
sediment of the peninsular shield; the other rocks are factors on it. The figures are invented, rounded and plausible.
"""

from __future__ import annotations

import numpy as np

MAJORS = ("sio2", "al2o3", "fe2o3", "tio2", "cao", "mgo", "mno", "na2o", "k2o", "p2o5", "loi")
REE = ("la", "ce", "pr", "nd", "sm", "eu", "gd", "tb", "dy", "ho", "er", "tm", "yb", "lu")
TRACES = (
    "ba", "ga", "sc", "v", "th", "pb", "ni", "co", "rb", "sr", "y", "zr", "nb", "cr", "cu", "zn",
    "au", "li", "cs", "as_", "sb", "bi", "se", "ag", "be", "ge", "mo", "sn", *REE,
    "hf", "ta", "w", "u", "pt", "pd", "f", "in_", "tl", "te", "cd", "hg",
)  # fmt: skip
ANALYTES = (*MAJORS, *TRACES)
PPB = ("au", "pt", "pd", "hg")

# analyte: gneiss, then factors for granite, schist, ultramafic, alkali syenite, carbonatite, alluvium, dolerite;
# detection limit; decimals written; spread of one sample about its ground (standard deviation of ln).
_ROCKS = """
sio2  63.0   1.08 0.93 0.74 0.93 0.25 1.06 0.80   0.05   2 0.03
al2o3 14.5   0.97 1.02 0.30 1.22 0.20 0.88 0.97   0.02   2 0.06
fe2o3 5.0    0.62 1.50 2.00 1.00 1.40 0.90 2.30   0.02   2 0.12
tio2  0.62   0.70 1.20 0.45 0.95 0.80 1.15 1.90   0.005  3 0.15
cao   2.3    0.75 1.10 1.80 1.05 14.0 1.00 3.40   0.01   2 0.18
mgo   1.7    0.55 1.45 12.0 0.55 3.00 0.85 3.30   0.02   2 0.18
mno   0.09   0.70 1.40 1.60 1.70 4.00 0.95 1.80   0.002  3 0.20
na2o  1.6    1.25 0.80 0.15 2.30 0.25 0.90 1.20   0.02   2 0.15
k2o   1.8    1.60 0.85 0.12 2.10 0.35 0.95 0.45   0.01   2 0.15
p2o5  0.10   0.80 1.10 0.30 1.60 20.0 1.00 1.50   0.005  3 0.22
loi   7.0    0.80 1.10 1.30 0.80 4.20 0.90 0.75   0.05   2 0.20
ba    470    1.20 0.90 0.10 2.10 5.50 0.90 0.45   5      0 0.18
ga    14     1.10 1.05 0.35 1.70 0.60 0.95 1.20   0.5    1 0.10
sc    11     0.60 1.50 2.30 0.40 1.20 0.85 2.80   1.0    1 0.15
v     78     0.55 1.70 1.50 0.60 1.40 0.90 3.20   2      0 0.16
th    11     1.90 0.75 0.08 2.00 3.00 1.10 0.25   0.2    2 0.28
pb    17     1.40 1.00 0.30 1.50 2.00 1.00 0.45   1      1 0.16
ni    36     0.40 1.70 28.0 0.35 0.60 0.90 2.20   1      0 0.22
co    13     0.50 1.55 7.00 0.50 0.90 0.90 2.80   0.5    1 0.18
rb    76     1.80 0.90 0.05 1.60 0.30 0.95 0.35   0.5    1 0.15
sr    185    0.75 0.90 0.30 2.50 16.0 0.95 1.20   2      0 0.18
y     23     1.20 0.90 0.15 1.90 2.80 1.10 1.10   0.3    2 0.22
zr    330    1.25 0.75 0.12 2.60 0.60 1.30 0.40   5      0 0.35
nb    11.8   1.30 0.85 0.12 5.00 12.0 1.10 0.80   0.5    2 0.22
cr    81     0.35 1.60 24.0 0.30 0.30 0.95 1.60   2      0 0.25
cu    25     0.50 1.80 1.00 0.50 0.90 0.90 3.50   1      1 0.22
zn    52     0.85 1.30 1.00 1.70 1.90 0.95 1.60   1      0 0.15
au    1.6    0.80 2.20 1.50 0.60 0.70 1.30 1.20   1.0    1 0.80
li    21     1.50 1.30 0.20 1.40 0.50 0.95 0.50   1      1 0.18
cs    3.0    1.70 1.20 0.20 0.90 0.40 0.95 0.35   0.1    2 0.22
as_   3.5    0.90 2.00 1.20 0.80 1.20 1.00 0.60   0.5    1 0.35
sb    0.30   1.00 1.70 1.00 1.00 1.20 1.00 0.60   0.1    2 0.35
bi    0.17   1.60 1.30 0.50 0.90 0.90 1.00 0.45   0.05   2 0.35
se    0.10   0.90 1.50 1.20 0.90 1.30 1.00 1.10   0.08   2 0.35
ag    0.06   1.00 1.40 0.90 1.00 1.20 1.00 1.00   0.03   3 0.35
be    1.9    1.50 0.95 0.12 2.70 1.50 0.95 0.45   0.1    2 0.18
ge    1.3    1.00 1.05 0.90 1.10 0.80 1.00 1.00   0.2    2 0.10
mo    0.9    1.10 1.30 0.60 1.80 2.50 1.00 0.80   0.2    2 0.30
sn    2.3    1.70 1.00 0.40 1.80 1.20 1.10 0.55   0.5    2 0.25
la    30     1.55 0.85 0.06 2.70 7.00 1.10 0.45   0.2    2 0.22
ce    62     1.55 0.85 0.06 2.60 6.60 1.10 0.45   0.3    2 0.22
pr    6.6    1.50 0.85 0.06 2.50 6.00 1.10 0.50   0.05   3 0.22
nd    25     1.45 0.88 0.07 2.40 5.50 1.10 0.55   0.2    2 0.22
sm    4.8    1.40 0.90 0.08 2.20 4.40 1.10 0.70   0.05   3 0.20
eu    1.15   0.75 1.05 0.15 1.70 5.00 1.00 1.20   0.03   3 0.18
gd    4.4    1.30 0.92 0.12 2.10 3.80 1.10 0.90   0.05   3 0.20
tb    0.72   1.25 0.92 0.13 2.00 3.30 1.10 0.95   0.02   3 0.20
dy    4.2    1.25 0.92 0.14 2.00 2.80 1.10 1.00   0.05   3 0.21
ho    0.84   1.20 0.92 0.15 1.95 2.50 1.10 1.05   0.02   3 0.21
er    2.4    1.20 0.92 0.15 1.95 2.20 1.15 1.05   0.03   3 0.22
tm    0.37   1.20 0.92 0.15 1.95 2.00 1.15 1.05   0.02   3 0.22
yb    2.4    1.20 0.92 0.16 1.95 1.80 1.20 1.00   0.03   3 0.23
lu    0.37   1.20 0.92 0.16 1.95 1.70 1.20 1.00   0.02   3 0.23
hf    9.0    1.25 0.75 0.12 2.50 0.55 1.30 0.40   0.2    2 0.35
ta    0.95   1.45 0.85 0.12 3.80 3.00 1.10 0.60   0.1    2 0.25
w     1.5    1.60 1.40 0.40 1.00 1.00 1.05 0.45   0.5    2 0.30
u     2.5    1.80 0.80 0.08 2.10 3.20 1.05 0.30   0.1    2 0.25
pt    0.9    0.60 1.20 7.00 0.60 0.60 1.00 2.50   0.5    1 0.50
pd    0.9    0.60 1.30 6.00 0.60 0.60 1.00 2.80   0.5    1 0.50
f     420    1.50 1.00 0.30 2.60 7.00 0.95 0.60   50     0 0.20
in_   0.055  1.10 1.20 0.60 1.50 1.10 1.00 1.30   0.02   3 0.25
tl    0.55   1.60 0.95 0.10 1.30 0.50 0.95 0.35   0.05   2 0.20
te    0.02   1.00 1.60 1.10 1.00 1.10 1.00 0.90   0.02   3 0.50
cd    0.09   0.90 1.30 0.80 1.20 1.60 1.00 1.10   0.03   3 0.30
hg    30     0.90 1.40 1.00 0.90 1.00 1.00 0.80   5      1 0.40
"""

_rows = [line.split() for line in _ROCKS.strip().splitlines()]
if tuple(row[0] for row in _rows) != ANALYTES:
    raise AssertionError("the rock table and the analyte list name different columns")
_numbers = np.array([[float(v) for v in row[1:]] for row in _rows])
_gneiss = _numbers[:, 0]
ROCK_MEDIAN = np.vstack([_gneiss, _gneiss * _numbers[:, 1:8].T])
"""Median composition, shape (8 rocks, analytes), in the units of the module."""
DETECTION_LIMIT = _numbers[:, 8]
DECIMALS = _numbers[:, 9].astype(int)
SAMPLE_SPREAD = _numbers[:, 10]


def _vector(**values: float) -> np.ndarray:
    unknown = set(values) - set(ANALYTES)
    if unknown:
        raise AssertionError(f"no such analytes: {sorted(unknown)}")
    return np.array([values.get(name, 0.0) for name in ANALYTES])


# Altered rock about a barren complex: half syenite, half a carbonatite with little of the rare earths and niobium.
_poor = {**dict.fromkeys((*REE, "y"), 0.22), "nb": 0.3, "ta": 0.4}
BARREN_HALO = 0.5 * ROCK_MEDIAN[4] + 0.5 * ROCK_MEDIAN[5] * np.array([_poor.get(a, 1.0) for a in ANALYTES])

# Ferruginous carbonatite ore with bastnaesite-type rare earths: Th/TREE 0.006, almost no zircon, much Nb, Ba, Sr, F, P.
ORE = _vector(
    sio2=9, al2o3=2, fe2o3=18, tio2=0.9, cao=26, mgo=5, mno=2.6, na2o=0.3, k2o=0.5, p2o5=5.0, loi=22,
    ba=26000, ga=30, sc=25, v=230, th=260, pb=260, ni=25, co=20, rb=20, sr=11000, y=950, zr=260, nb=3200, cr=30,
    cu=60, zn=480, au=3, li=15, cs=0.5, as_=12, sb=1, bi=0.4, se=1, ag=0.4, be=12, ge=1.5, mo=70, sn=9,
    la=9500, ce=16500, pr=1750, nd=5800, sm=760, eu=200, gd=480, tb=55, dy=230, ho=36, er=80, tm=9, yb=46, lu=5.5,
    hf=6, ta=45, w=6, u=35, pt=0.5, pd=0.5, f=14000, in_=0.6, tl=0.4, te=0.05, cd=1.2, hg=50,
)  # fmt: skip

# Zircon-monazite-ilmenite concentrate of river sand: Th/TREE 0.13 and Zr far above everything: looks like ore on a map
# of total rare earths and is not.
HEAVY_SAND = _vector(
    sio2=17, al2o3=2, fe2o3=27, tio2=30, cao=0.6, mgo=0.6, mno=1.2, p2o5=2.6, loi=0.5,
    ba=40, ga=12, sc=55, v=700, th=5200, pb=240, ni=30, co=40, rb=5, sr=30, y=1700, zr=95000, nb=700, cr=900, cu=15,
    zn=300, la=9400, ce=18800, pr=2050, nd=7300, sm=1250, eu=28, gd=800, tb=90, dy=380, ho=58, er=140, tm=19, yb=120,
    lu=18, hf=2400, ta=60, w=20, u=420, sn=90, be=3, ge=1.5, mo=2, f=300, in_=0.3, cd=0.1,
)  # fmt: skip

# What washes out of each kind of dump. None of it says anything of the ground.
WASTE = {
    "cu_flotation_tailings": _vector(
        sio2=60, al2o3=12, fe2o3=11, cao=3, mgo=3, k2o=2, p2o5=0.2, loi=6, cu=2600, zn=300, pb=60, mo=70, au=90,
        ag=1.5, se=9, te=1.2, bi=4, co=90, ni=80, as_=40, cd=1.0, in_=0.6, u=6, la=90, ce=170, nd=60, y=30, sr=150,
        ba=400, zr=150, th=10,
    ),
    "zn_pb_flotation_tailings": _vector(
        sio2=48, al2o3=8, fe2o3=14, cao=9, mgo=6, loi=12, zn=16000, pb=5200, cd=70, ag=32, in_=3, ge=6, tl=6, sb=60,
        as_=300, hg=1500, bi=3, cu=300, ba=900, sr=120, zr=110, la=22, ce=40, nd=16, y=12, th=6,
    ),
    "phosphogypsum": _vector(
        sio2=6, al2o3=1, fe2o3=0.6, cao=36, p2o5=3.5, loi=21, f=9000, sr=6500, ba=900, u=30, th=8, y=900, la=1700,
        ce=2500, pr=330, nd=1250, sm=210, eu=55, gd=200, tb=26, dy=150, ho=30, er=75, tm=9, yb=45, lu=6, cd=9, se=2,
        zr=60, nb=20,
    ),
    "red_mud": _vector(
        sio2=8, al2o3=18, fe2o3=45, tio2=9, cao=3, na2o=5, p2o5=0.4, loi=9, sc=110, v=900, ga=45, zr=1400, hf=32, nb=95,
        th=75, u=14, cr=800, y=130, la=330, ce=620, pr=62, nd=210, sm=36, eu=8, gd=32, tb=5, dy=28, ho=5.5, er=16,
        tm=2.4, yb=16, lu=2.4, sr=160, ba=150, pb=80,
    ),
    "coal_fly_ash": _vector(
        sio2=60, al2o3=27, fe2o3=5, tio2=1.7, cao=1, mgo=0.6, k2o=1, p2o5=0.4, loi=2, ga=42, ge=9, sc=26, v=170,
        as_=12, se=3, mo=6, u=8, th=32, zr=420, hf=11, nb=36, y=70, la=95, ce=190, pr=21, nd=78, sm=15, eu=3, gd=13,
        tb=2, dy=12, ho=2.4, er=7, tm=1, yb=6.8, lu=1, sr=300, ba=700, li=110, be=5, pb=60, zn=90, cu=60, hg=200,
    ),
    "other": _vector(
        sio2=55, al2o3=11, fe2o3=18, cao=2, mgo=3, loi=8, ni=400, co=60, cr=1500, cu=80, zn=150, mno=0.4, as_=20,
        zr=120, la=25, ce=48, nd=20, y=15, th=6, ba=250, sr=90,
    ),
}  # fmt: skip

# Loadings of the smooth regional factors (standard deviation of ln) on groups of analytes.
FACTORS: dict[str, dict[str, float]] = {
    "ferromagnesian": dict.fromkeys(
        ["fe2o3", "tio2", "v", "cr", "ni", "co", "cu", "sc", "mno", "mgo", "pt", "pd"], 0.22
    ),
    "heavy_minerals": {
        **dict.fromkeys(("zr", "hf"), 0.34),
        **dict.fromkeys(("th", "u", "y", "nb", "ta", "w", "sn", *REE), 0.20),
        "tio2": 0.15,
    },
    "felsic": dict.fromkeys(["k2o", "rb", "ba", "pb", "be", "li", "cs", "tl", "na2o", "ga"], 0.18),
    "carbonate": {"cao": 0.30, "sr": 0.15, "mgo": 0.12, "loi": 0.12},
    "sulphide": dict.fromkeys(
        ["cu", "zn", "pb", "as_", "sb", "bi", "ag", "cd", "se", "te", "in_", "mo", "au", "hg"], 0.18
    ),
    "rare_earths": {**dict.fromkeys(REE[:8], 0.34), "th": 0.30, "y": 0.10, "nb": 0.08},
}


def factor_loadings(name: str) -> np.ndarray:
    """Loading of one regional factor on every analyte."""
    return _vector(**FACTORS[name])
