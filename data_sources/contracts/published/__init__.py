"""What the published layers and tables hold, column by column."""
