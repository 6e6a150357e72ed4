"""Grids of any usual program: which driver opens which file, and which of their cells hold no data."""
