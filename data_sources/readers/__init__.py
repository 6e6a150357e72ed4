"""Files and embedded tables -> admitted layers: the one place where a card, a connector and a contract meet.

Belongs here: which card says what of which layer, clipping to a region, columns that a stage needs. Does not belong here:
file formats (``connectors``), bounds (``contracts``), facts (``reference``).
"""
