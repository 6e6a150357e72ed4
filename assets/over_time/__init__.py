"""What is followed from night to night: numbers of a region, and what moved since the last one or the last release."""
