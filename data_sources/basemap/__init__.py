"""A neutral base to find oneself on: land and coast, lakes, rivers, towns and ports of India. No boundary is drawn.

Belongs here: these files, how they are made of openly licensed data, and reading them. Does not belong here: drawing them
(``publishing``), or anything that a result is computed from.
"""
