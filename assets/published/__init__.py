"""The set that people open: its files, its generation, its publication."""
