"""How much of everything a generated area holds; nothing here draws a number or writes a file.

The sample district and the national rehearsal differ by these values alone: the code that makes them is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

Extent = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class DistrictCounts:
    """Counts of one generated area.

    ``lithology_polygons`` is exact where given (the one planted broken polygon counts); None keeps whatever the mosaic
    and its overlays come to.
    ``outline_deg`` bounds the land (longitude, latitude in degrees); None is the whole extent.
    """

    name: str
    extent_deg: Extent
    samples: int
    mosaic_cells: int
    lithology_polygons: int | None
    rivers: int
    is_alluvium_cut: bool
    dykes: int
    faults: int
    folds: int
    fertile_complexes: int
    blind_complexes: int
    barren_complexes: int
    ultramafics: int
    deposits: int
    published_deposits: int
    other_occurrences: int
    magnetic_stations: int
    gravity_stations: int
    raster_cell_m: float
    raster_crs: str
    sites: int
    auction_blocks: int
    auction_blocks_on_sites: int
    mining_leases: int
    states: tuple[int, int]
    sheets_unsurveyed_first: bool = False
    outline_deg: tuple[tuple[float, float], ...] | None = None


SAMPLE_DISTRICT = DistrictCounts(
    name="sample_district",
    extent_deg=(77.5, 17.5, 78.5, 18.5),
    samples=2500,
    mosaic_cells=92,
    lithology_polygons=None,
    rivers=7,
    is_alluvium_cut=True,
    dykes=8,
    faults=150,
    folds=24,
    fertile_complexes=9,
    blind_complexes=1,
    barren_complexes=26,
    ultramafics=6,
    deposits=40,
    published_deposits=36,
    other_occurrences=26,
    magnetic_stations=2600,
    gravity_stations=2700,
    raster_cell_m=500.0,
    raster_crs="EPSG:32643",
    sites=28,
    auction_blocks=60,
    auction_blocks_on_sites=30,
    mining_leases=20,
    states=(2, 1),
)

# A coarse polygon that holds about as much land as is to be rehearsed. It is no boundary of anything.
_REHEARSAL_OUTLINE = (
    (74.0, 34.5), (78.5, 34.5), (79.5, 31.0), (81.0, 29.0), (83.9, 27.9), (88.0, 27.0), (92.0, 27.5), (96.5, 28.5), (96.5, 27.0),
    (93.5, 24.0), (91.5, 24.5), (89.0, 24.5), (88.5, 22.0), (86.5, 20.5), (82.5, 16.8), (80.3, 15.5), (80.0, 12.5),
    (78.0, 8.5), (76.5, 9.5), (74.0, 14.5), (72.8, 19.5), (72.5, 21.5), (69.5, 21.5), (68.5, 23.8), (71.0, 25.5),
    (70.0, 27.5), (74.0, 30.5),
)  # fmt: skip

NATIONAL = DistrictCounts(
    name="national_rehearsal",
    extent_deg=(68.0, 8.0, 97.0, 35.0),
    samples=510_641,
    mosaic_cells=362_000,
    lithology_polygons=360_702,
    rivers=900,
    is_alluvium_cut=False,
    dykes=0,
    faults=30_000,
    folds=9_000,
    fertile_complexes=700,
    blind_complexes=70,
    barren_complexes=1_200,
    ultramafics=600,
    deposits=2_600,
    published_deposits=2_400,
    other_occurrences=9_168,
    magnetic_stations=716_352,
    gravity_stations=756_405,
    raster_cell_m=2000.0,
    raster_crs="EPSG:7755",
    sites=3_000,
    auction_blocks=5_000,
    auction_blocks_on_sites=1_500,
    mining_leases=2_000,
    states=(6, 5),
    sheets_unsurveyed_first=True,
    outline_deg=_REHEARSAL_OUTLINE,
)
