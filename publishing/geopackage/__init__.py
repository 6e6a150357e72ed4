"""The ranked GeoPackage: what goes into it, how it is written, read back and checked."""
