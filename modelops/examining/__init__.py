"""Examining a version before it is made live: its exam, the gates, and who knows what it is for."""
