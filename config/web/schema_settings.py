"""Settings of the OpenAPI document; where fields of one name have other values, their types are named."""

_ENUM_NAMES = {
    "ResultState": ["withheld", "b better", "a better", "different", "undecided"],
    "SplitState": ["as planned", "too few users", "mismatch"],
    "GuardrailState": ["ok", "breached", "waiting"],
    "ExperimentStatus": ["draft", "running", "stopped", "concluded"],
    "DeliveryState": ["waiting", "delivered", "given_up"],
    "ReviewStatus": [
        "not_needed",
        "available",
        "queued",
        "in_review",
        "needs_document",
        "decided",
        "withdrawn",
    ],
    "ReviewDecision": ["immaterial", "material", "cannot_tell"],
    "RequestPriority": ["normal", "urgent"],
    "DecisionMaker": ["reviewers", "precedent"],
    "VerdictEnum": ["immaterial", "review", "material"],
    "KindEnum": ["auto", "organisation", "individual"],
    "StatusEnum": ["queued", "running", "succeeded", "failed", "cancelled"],
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Legal Name Comparison",
    "DESCRIPTION": "Is the difference between two legal names material? Not legal advice.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.openapi.add_error_responses",
        "config.web.openapi.add_headers_and_examples",
    ],
    "ENUM_NAME_OVERRIDES": _ENUM_NAMES,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
}
