"""The shapes of requests and answers, generated from the OpenAPI document of the API."""

from legal_names_client.generated.models import *  # noqa: F403
