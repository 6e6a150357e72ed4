"""What Dagster and the terminal show of a result while it is made and when it is there."""
