"""Scores and the report."""
