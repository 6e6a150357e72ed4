"""Two printable pages a block."""
