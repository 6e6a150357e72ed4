"""Survey layers to fertility: grids, geochemistry, interpolation, evidence, models, validation, in that order.

Belongs here: pure functions on arrays and frames. Does not belong here: files, networks, Dagster, the waste itself.
"""
