"""From evidence to fertility: overlays, learning, training points, validation."""
