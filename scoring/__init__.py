"""The science: pure functions on arrays and frames, in the order in which a block is scored.

Belongs here: a formula with its source, its units and its errors. Does not belong here: a file, a URL, a schedule.
"""

from pathlib import Path

from khanij.foundation.kernels import keep_kernels_apart

keep_kernels_apart(Path(__file__).parent)  # before any kernel is compiled or loaded
