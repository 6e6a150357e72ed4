"""A coordinate system as QGIS writes it down in a project.

Belongs here: that description. Does not belong here: which system a map is drawn in (``project``).
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from pyproj import CRS

_PROJ4_7755 = "+proj=lcc +lat_0=24 +lon_0=80 +lat_1=12.472955 +lat_2=35.1728044444444 +x_0=4000000 +y_0=4000000 +datum=WGS84 +units=m +no_defs"


def crs_xml(code: str) -> str:
    """A CRS as QGIS stores it, fixed for the two that are used."""
    crs = CRS.from_user_input(code)
    geographic = "true" if crs.is_geographic else "false"
    number = crs.to_epsg()
    proj4 = "+proj=longlat +datum=WGS84 +no_defs" if number == 4326 else _PROJ4_7755
    srsid = 3452 if number == 4326 else 28155
    return (
        f'<spatialrefsys nativeFormat="Wkt"><wkt>{escape(crs.to_wkt("WKT2_2015"))}</wkt><proj4>{proj4}</proj4><srsid>{srsid}</srsid><srid>{number}</srid>'
        f"<authid>EPSG:{number}</authid><description>{escape(crs.name)}</description><projectionacronym>{'longlat' if number == 4326 else 'lcc'}</projectionacronym>"
        f"<ellipsoidacronym>EPSG:7030</ellipsoidacronym><geographicflag>{geographic}</geographicflag></spatialrefsys>"
    )
