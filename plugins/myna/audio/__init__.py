"""Audio: load, trim, loudness, features, augmentation."""
