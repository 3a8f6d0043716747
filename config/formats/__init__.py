"""Formats of dates and numbers by language, as Django looks for them."""
