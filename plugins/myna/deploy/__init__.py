"""Export, compression, run-times."""
