"""Listening tests: people's ears beside the estimates."""
