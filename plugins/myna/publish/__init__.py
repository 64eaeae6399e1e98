"""Model card, packs, hubs."""
