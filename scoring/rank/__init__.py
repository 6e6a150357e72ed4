"""Blocks in order: statuses and gates, scores of each kind, ranks and how robust they are, what to sample next.

Belongs here: what is said of a block. Does not belong here: what a site is worth (``scoring.waste``), a format of publication.
"""
