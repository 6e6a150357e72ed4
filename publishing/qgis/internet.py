"""Public map services in the project: geology, minerals, imagery; off, and asked for nothing until somebody turns one on.

Belongs here: which services, under which terms, and their place in the project. Does not belong here: the base map that needs
no network (``base_layers``).

QGIS asks a WMS for its capabilities whenever a project is opened, also where its layer is hidden (qgis/QGIS issue 50672), and shows
a dialog if nothing answers. GDAL's own WMS driver is told all of it beforehand and asks only for pictures that are drawn: so
these are layers of GDAL, and a project opens without a network as it does with one.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from publishing.qgis.crs import crs_xml

GROUP = "From the internet"
_BOX = (60.0, 40.0, 100.0, 0.0)
"""West, north, east, south of what is asked for, in degrees."""
_PIXELS, _OVERVIEWS, _BLOCK = 1 << 20, 11, 512
_SECONDS = 15


@dataclass(frozen=True)
class InternetLayer:
    """One layer of a WMS 1.1.1: its address, the name of its layer there, the format of its pictures, its terms."""

    name: str
    title: str
    address: str
    layer: str
    form: str
    terms: str

    @property
    def id(self) -> str:
        """The identifier in the project."""
        return f"khanij_internet_{self.name}"

    @property
    def bands(self) -> int:
        """Of its pictures: a photograph has no transparency."""
        return 3 if self.form == "image/jpeg" else 4

    def description(self) -> str:
        """What GDAL has to know of the service, as one line of XML."""
        west, north, east, south = _BOX
        return (
            f'<GDAL_WMS><Service name="WMS"><Version>1.1.1</Version><ServerUrl>{escape(self.address)}</ServerUrl><SRS>EPSG:4326</SRS>'
            f"<ImageFormat>{self.form}</ImageFormat><Layers>{self.layer}</Layers><Styles></Styles><Transparent>{'TRUE' if self.bands == 4 else 'FALSE'}</Transparent></Service>"
            f"<DataWindow><UpperLeftX>{west:g}</UpperLeftX><UpperLeftY>{north:g}</UpperLeftY><LowerRightX>{east:g}</LowerRightX><LowerRightY>{south:g}</LowerRightY>"
            f"<SizeX>{_PIXELS}</SizeX><SizeY>{_PIXELS}</SizeY></DataWindow><OverviewCount>{_OVERVIEWS}</OverviewCount><Projection>EPSG:4326</Projection>"
            f"<BandsCount>{self.bands}</BandsCount><BlockSizeX>{_BLOCK}</BlockSizeX><BlockSizeY>{_BLOCK}</BlockSizeY><Timeout>{_SECONDS}</Timeout>"
            "<ZeroBlockHttpCodes>204,400,403,404,500,502,503</ZeroBlockHttpCodes><ZeroBlockOnServerException>true</ZeroBlockOnServerException></GDAL_WMS>"
        )


INTERNET_LAYERS = (
    InternetLayer(
        "geology", "Geology 1:50,000 (GSI, Bhukosh)",
        "https://bhukosh.gsi.gov.in/arcgis/services/Geology/Geology_50K/MapServer/WMSServer?", "7", "image/png",
        "Geological Survey of India; to be looked at, not to be passed on. Often slow, or not to be reached from abroad.",
    ),
    InternetLayer(
        "minerals", "Mineral occurrences (GSI, Bhukosh)",
        "https://bhukosh.gsi.gov.in/arcgis/services/Mineral/Mineral/MapServer/WMSServer?", "0", "image/png",
        "Geological Survey of India; to be looked at, not to be passed on. Often slow, or not to be reached from abroad.",
    ),
    InternetLayer(
        "imagery", "Satellite image, Sentinel-2 cloudless 2016 (EOX)",
        "https://tiles.maps.eox.at/wms?", "s2cloudless", "image/jpeg",
        "Sentinel-2 cloudless by EOX IT Services GmbH (s2maps.eu), contains modified Copernicus Sentinel data 2016 and 2017; CC BY 4.0.",
    ),
)  # fmt: skip
"""None of them was asked when this was written: the addresses are those that public programmes use."""


def internet_ids() -> list[str]:
    """Identifiers of the layers."""
    return [layer.id for layer in INTERNET_LAYERS]


def internet_maps_xml() -> str:
    """The layers' elements in the project."""
    return "".join(map(_layer_xml, INTERNET_LAYERS))


def internet_nodes_xml() -> str:
    """The layers' nodes in the layer tree, all off."""
    return "".join(
        f'<layer-tree-layer id="{layer.id}" name={quoteattr(layer.title)} providerKey="gdal" source={quoteattr(layer.description())} '
        'checked="Qt::Unchecked" expanded="0" legend_exp="" patch_size="-1,-1" legend_split_behavior="0">'
        "<customproperties><Option/></customproperties></layer-tree-layer>"
        for layer in INTERNET_LAYERS
    )


def _layer_xml(layer: InternetLayer) -> str:
    stretch = "".join(
        f"<{c}ContrastEnhancement><minValue>0</minValue><maxValue>255</maxValue><algorithm>NoEnhancement</algorithm></{c}ContrastEnhancement>"
        for c in ("red", "green", "blue")
    )
    alpha = 4 if layer.bands == 4 else -1
    return (
        '<maplayer type="raster" hasScaleBasedVisibilityFlag="0" styleCategories="AllStyleCategories">'
        f"<id>{layer.id}</id><datasource>{escape(layer.description())}</datasource><layername>{escape(layer.title)}</layername>"
        f"<srs>{crs_xml('EPSG:4326')}</srs><resourceMetadata><identifier></identifier><title>{escape(layer.title)}</title><abstract>A public map service; needs the internet.</abstract>"
        f"<rights>{escape(layer.terms)}</rights><license>{escape(layer.terms)}</license></resourceMetadata><provider>gdal</provider>"
        '<map-layer-style-manager current="default"><map-layer-style name="default"/></map-layer-style-manager>'
        f'<pipe><rasterrenderer type="multibandcolor" redBand="1" greenBand="2" blueBand="3" opacity="1" alphaBand="{alpha}" nodataColor=""><rasterTransparency/>'
        "<minMaxOrigin><limits>None</limits><extent>WholeRaster</extent><statAccuracy>Estimated</statAccuracy><cumulativeCutLower>0.02</cumulativeCutLower><cumulativeCutUpper>0.98</cumulativeCutUpper><stdDevFactor>2</stdDevFactor></minMaxOrigin>"
        f'{stretch}</rasterrenderer><brightnesscontrast brightness="0" contrast="0" gamma="1"/><huesaturation saturation="0" grayscaleMode="0" colorizeOn="0"/>'
        '<rasterresampler maxOversampling="2"/></pipe></maplayer>'
    )
