"""Which share of a site lies in which block: the ground of a site, positions drawn, mass conserved within a kind."""
