"""What is told of all regions together: numbers for a monitoring system, and what changed since yesterday."""
