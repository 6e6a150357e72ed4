"""The project model: what a plant on a waste would bring, in every draw, and what would have to be true for it to pay."""
