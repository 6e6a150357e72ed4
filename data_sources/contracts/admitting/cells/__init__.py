"""What one cell says beside its digits: the unit in it, which mark is decimal, degrees with minutes and seconds.

Belongs here: spellings. Does not belong here: what a column holds (``values``, ``evidence``).
"""
