"""Khanij: ranks blocks of mine waste by critical-mineral potential, with honest uncertainty."""
