"""Ingestion benchmarks: the survey's largest layer from a real local WFS."""
