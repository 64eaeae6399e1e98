"""Kaldi data directories: read, write, validate, fix, subset. Knows nothing of torch."""
