"""Speaker encoders: speech to an L2-normalised 256-d embedding."""
