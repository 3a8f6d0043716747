"""Validation of a version before it goes live: its held-out rows, the gates, and who computes them."""
