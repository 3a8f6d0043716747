"""Dates and times on screens, the same as `accounts.dates` writes; times are in UTC and say so."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"j M Y, H:i \U\T\C"
