"""A folder of foreign files -> which layer each is, and why: a proposal that a person reads before it is used.

Belongs here: looking at files and writing down what was found. Does not belong here: reading a layer for a run (``readers``).
"""
