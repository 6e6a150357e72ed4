"""The modules that hold assets, in the order in which a block is scored; ``pipelines`` loads them from here."""

from assets import blocks, evidence, gates, potential, survey, waste_sites
from assets.published import publication, published_set

MODULES = (survey, blocks, gates, waste_sites, evidence, potential, publication, published_set)
