"""What is said of a block: its columns, its words, its tables."""
