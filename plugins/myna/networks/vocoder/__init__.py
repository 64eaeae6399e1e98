"""Vocoders: a mel spectrogram to a waveform."""
