"""Demonstration data: an installation filled with two months of believable life. ``make demo`` runs it."""
