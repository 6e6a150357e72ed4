"""What to sample next: what a campaign on a waste is worth to who must decide whether to build, and what a budget buys."""
