"""How property tests run: the same examples every time, and no deadline, because a first call compiles.

``pytest --hypothesis-profile=explore`` looks at new examples instead.
"""

from hypothesis import settings

settings.register_profile("khanij", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("khanij")
