"""Telling people: what is an alert, whether it stands, who is told and how; signs of life of the parts."""
