"""Holding a row against its contract: keys, units, places, chemistry, what is odd."""
