"""Geometries on their way in: the datum that they are on, and what a repair may do to them."""
