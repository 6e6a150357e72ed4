"""Real servers on loopback for the tests: MapServer (WFS, OGC API Features), Koop (ArcGIS REST), and a fault proxy."""
