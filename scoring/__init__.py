"""The science: pure functions on arrays and frames, in the order in which a block is scored.

Belongs here: a formula with its source, its units and its errors. Does not belong here: a file, a URL, a schedule.
"""
