"""Draws and rows of draws: named streams, elementary functions of a whole row at once, its order statistics."""
