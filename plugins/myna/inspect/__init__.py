"""`myna inspect`: what a folder of recordings is worth for a clone, and what to record next."""
