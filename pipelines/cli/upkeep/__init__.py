"""Verbs for whoever looks after an installation."""
