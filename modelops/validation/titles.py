"""Titles of gates and measures, for catalogues; what is stored of an examination keeps the English ones."""

from __future__ import annotations

GATE_TITLES = (
    "The bytes are the registered ones",
    "Same features as this program",
    "It loads and answers",
    "Golden pairs",
    "Validation set",
    "Every slice against the champion",
    "Missed material differences",
    "Calibration",
    "Latency",
    "Accuracy",
    "Recall of material",
    "Recall of immaterial",
    "Material pairs decided as immaterial",
    "Immaterial pairs decided as material",
    "Left to a reviewer",
    "Calibration error",
)
