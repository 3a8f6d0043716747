"""Examples of requests in the OpenAPI document."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

COMPARE_EXAMPLE = OpenApiExample(
    "Two spellings of one legal form",
    value={"name1": "Acme Incorporated", "name2": "Acme, Inc.", "profile": "general"},
    request_only=True,
)
ALL_PROFILES_EXAMPLE = OpenApiExample(
    "A form that one name lacks",
    value={"name1": "Larkspur Holdings", "name2": "Larkspur Holdings, Inc.", "register": "name2"},
    request_only=True,
)
BATCH_EXAMPLE = OpenApiExample(
    "Two pairs, one under a profile of its own",
    value={
        "profile": "kyc",
        "pairs": [
            {"name1": "Acme Incorporated", "name2": "Acme, Inc."},
            {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC", "profile": "ucc"},
        ],
    },
    request_only=True,
)
