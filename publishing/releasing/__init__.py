"""Releases: immutable, catalogued, compared."""
