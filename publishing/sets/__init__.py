"""The published set of a region: everything that people open, of one generation, replaced together.

``listing`` says what a set is, ``swap`` puts one in place of another, ``guard`` compares the two before that,
``snapshot`` reads one of the two while that happens, ``marks`` and ``checking`` tell whether files belong together.
"""
