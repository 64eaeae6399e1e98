"""Consent, labels, watermark, verification."""
