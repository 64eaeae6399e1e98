"""Myna: clone a voice from a few minutes of speech, with ESPnet and NeMo."""
