"""Acoustic models: tokens and a speaker embedding to a mel spectrogram or a waveform."""
