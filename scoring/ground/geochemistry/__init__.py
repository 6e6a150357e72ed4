"""Samples and what they say: units, censoring, composition, anomalies, catchments."""
