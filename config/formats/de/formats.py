"""Dates and times on German screens; times are in UTC and say so."""

DATE_FORMAT = "d.m.Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"d.m.Y, H:i \U\T\C"
