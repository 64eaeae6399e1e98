"""What every training has, whichever loop drives it: ESPnet3's, NeMo's, or the base's own in pieces."""
