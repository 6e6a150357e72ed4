"""What exists: thin Dagster assets, one file per stage, each reads, calls one function of the layers below, and returns with metadata."""
