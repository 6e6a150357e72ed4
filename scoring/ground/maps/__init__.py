"""From points and lines to grids: interpolation, distance, coverage, evidence layers."""
