"""The modules that hold assets, in the order in which a block is scored; ``pipelines`` loads them from here."""

from assets import blocks, evidence, gates, potential, publication, published_set, survey, waste_sites

MODULES = (survey, blocks, gates, waste_sites, evidence, potential, publication, published_set)
