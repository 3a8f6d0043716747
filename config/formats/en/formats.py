"""Dates and times on screens in ISO 8601 order, as in every file and document; times are in UTC."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y-m-d H:i"
