"""When things run by themselves, and who is told."""
