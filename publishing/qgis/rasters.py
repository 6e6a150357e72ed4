"""Evidence rasters in the project: one layer a band, coloured by its own middle 96 %, its CRS with it.

Belongs here: how a band is shown. Does not belong here: writing a raster (``publishing.rasters``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import rasterio

from khanij.foundation.rounding import round_significant

# Dark is high, as in the percentiles of the blocks; brown, so that the blocks stand out.
_RAMP = ("#fcfbf5", "#e8e2d0", "#cdbd94", "#ad9560", "#7f6233", "#4a3210")
SHOWN_BAND = "posterior_held_out"
SHOWN_TITLE = "Fertility, held-out posterior"


@dataclass(frozen=True)
class BandLayer:
    """One band of a raster file as a layer: names, file relative to the project, CRS, colour range."""

    name: str
    title: str
    path: str
    band: int
    wkt: str
    proj4: str
    low: float
    high: float
    description: str


def band_layers(folder: Path, paths: tuple[str, ...]) -> list[BandLayer]:
    """The bands of every raster that lies in the folder; a raster that is not there is left out."""
    out = []
    for path in paths:
        if not (folder / path).is_file():
            continue
        with rasterio.open(folder / path) as source:
            step = max(1, max(source.shape) // 512)
            shape = (source.height // step or 1, source.width // step or 1)
            for band in range(1, source.count + 1):
                values = source.read(band, out_shape=shape).astype(np.float64)
                known = values[np.isfinite(values)]
                low, high = np.percentile(known, [2, 98]) if known.size else (0.0, 1.0)
                low, high = round_significant(np.array([low, high]), 4)
                name = source.descriptions[band - 1] or f"band {band}"
                unit = source.units[band - 1]
                said = SHOWN_TITLE if name == SHOWN_BAND else name.replace("_", " ")
                title = said + (f" [{unit}]" if unit else "")
                text = source.tags(band).get("DESCRIPTION_LONG", "")
                crs = source.crs
                out.append(
                    BandLayer(
                        f"{Path(path).stem}_{name}", title, path, band, crs.to_wkt(), crs.to_proj4(),
                        float(low), float(high if high > low else low + 1), text,
                    )
                )  # fmt: skip
    return out


def band_xml(layer: BandLayer, identifier: str) -> str:
    """The layer's element in the project."""
    stops = np.linspace(layer.low, layer.high, len(_RAMP))
    items = "".join(f'<item value="{v:.6g}" color="{c}" alpha="255" label="{v:.3g}"/>' for v, c in zip(stops, _RAMP))
    origin = (
        "<minMaxOrigin><limits>None</limits><extent>WholeRaster</extent><statAccuracy>Estimated</statAccuracy>"
        "<cumulativeCutLower>0.02</cumulativeCutLower><cumulativeCutUpper>0.98</cumulativeCutUpper>"
        "<stdDevFactor>2</stdDevFactor></minMaxOrigin>"
    )
    return (
        '<maplayer type="raster" hasScaleBasedVisibilityFlag="0" styleCategories="AllStyleCategories">'
        f"<id>{identifier}</id><datasource>./{escape(layer.path)}</datasource><layername>{escape(layer.title)}</layername>"
        f'<srs><spatialrefsys nativeFormat="Wkt"><wkt>{escape(layer.wkt)}</wkt><proj4>{escape(layer.proj4)}</proj4>'
        "<srsid>0</srsid><srid>0</srid><authid></authid><description></description><projectionacronym>aea</projectionacronym>"
        "<ellipsoidacronym></ellipsoidacronym><geographicflag>false</geographicflag></spatialrefsys></srs>"
        f"<resourceMetadata><identifier></identifier><title>{escape(layer.title)}</title>"
        f"<abstract>{escape(layer.description)}</abstract></resourceMetadata><provider>gdal</provider>"
        '<map-layer-style-manager current="default"><map-layer-style name="default"/></map-layer-style-manager>'
        f'<pipe><rasterrenderer type="singlebandpseudocolor" band="{layer.band}" opacity="0.85" alphaBand="-1" nodataColor="" '
        f'classificationMin="{layer.low:.6g}" classificationMax="{layer.high:.6g}"><rasterTransparency/>{origin}'
        f'<rastershader><colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" labelPrecision="3" '
        f'minimumValue="{layer.low:.6g}" maximumValue="{layer.high:.6g}">{items}</colorrampshader></rastershader></rasterrenderer>'
        '<brightnesscontrast brightness="0" contrast="0" gamma="1"/><huesaturation saturation="0" grayscaleMode="0" '
        'colorizeOn="0"/><rasterresampler maxOversampling="2"/></pipe></maplayer>'
    )


def node_xml(layer: BandLayer, identifier: str, *, checked: bool) -> str:
    """The layer's node in the layer tree."""
    state = "Checked" if checked else "Unchecked"
    return (
        f'<layer-tree-layer id="{identifier}" name={quoteattr(layer.title)} providerKey="gdal" source={quoteattr("./" + layer.path)} '
        f'checked="Qt::{state}" expanded="0" legend_exp="" patch_size="-1,-1" legend_split_behavior="0">'
        "<customproperties><Option/></customproperties></layer-tree-layer>"
    )
