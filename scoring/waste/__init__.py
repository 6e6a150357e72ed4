"""The waste itself: what the register says of a site, what it holds, and what a project on it would earn.

Belongs here: pure functions on sites, figures and draws. Does not belong here: the order of blocks (``scoring.rank``), files.
"""
