"""Where data comes from: source cards, connectors, contracts, fact tables, the waste-site register, the sample generator.

Belongs here: URLs, field maps, units, bounds, licences, facts. Does not belong here: a score, a schedule, a style.
"""
