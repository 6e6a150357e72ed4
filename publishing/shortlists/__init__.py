"""Filtered lists of blocks as files."""
