"""An MCP server on standard input and output: assistants compare names with their user's own key.

What a tool does is a request of the API like any other: the key's scopes and limits hold, and the audit trail
has it. Settings: ``LEGAL_NAMES_URL`` and ``LEGAL_NAMES_API_KEY`` or ``LEGAL_NAMES_API_KEY_FILE``.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any, Literal
from uuid import UUID

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from legal_names_client import ApiError, AsyncClient, LegalNamesError
from legal_names_client.generated.models import Difference, Prediction, PredictionReview

_INSTRUCTIONS = """\
Compares two legal names and says whether the difference is material under a legal regime.
Pass names exactly as they stand in the documents: never tidy, translate or complete them.
A verdict "review" means that a person must look: do not decide it yourself.
Tell the user what is missing and offer to ask a reviewer. Where a review is decided, its verdict counts.
This is not legal advice, and two entities can share one name."""

Name = Annotated[
    str, Field(min_length=1, max_length=1_000, description="As it stands in the document, untouched.")
]
PredictionId = Annotated[UUID, Field(description="The id of a comparison, from compare.")]
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)


class ReviewOutcome(BaseModel):
    """How far the review is; ``verdict`` and what follows are there once it is decided."""

    status: str
    verdict: str | None
    reason: str | None
    decided_at: str | None
    missing_document: str | None


class NamedDifference(BaseModel):
    """One difference of the two names and what it does under the profile."""

    category: str
    title: str
    in_name1: str
    in_name2: str
    effect: str
    explanation: str
    authority: str


class Answer(BaseModel):
    """A comparison. ``verdict`` is immaterial, material or review; a decided ``review`` overrules it."""

    id: str
    verdict: str
    reason: str
    missing_fact: str | None
    confidence: float | None
    profile: str
    decided_by: str
    review: ReviewOutcome
    disclaimer: str


class Explanation(Answer):
    """A comparison with its differences and the rules behind them."""

    differences: list[NamedDifference]
    notes: list[str]
    model: str
    rules_version: str
    created_at: str


class ProfileSummary(BaseModel):
    """A legal regime that names are compared under."""

    id: str
    title: str
    summary: str
    sources: list[str]


@dataclass(frozen=True)
class ToolContext:
    """What the tools share while the server runs."""

    client: AsyncClient


@asynccontextmanager
async def _connect(_server: MCPServer[ToolContext]) -> AsyncIterator[ToolContext]:
    async with AsyncClient.from_environment() as client:
        yield ToolContext(client)


server: MCPServer[ToolContext] = MCPServer(
    "legal-names",
    title="Legal Name Comparison",
    instructions=_INSTRUCTIONS,
    version=version("legal-names-client"),
    lifespan=_connect,
    log_level="WARNING",
)


@contextmanager
def _tell_refusals() -> Iterator[None]:
    """Turn what went wrong into a sentence that the assistant reads and passes on."""
    try:
        yield
    except ApiError as error:
        known = f" (request {error.request_id})" if error.request_id else ""
        wait = f" Try again in {error.retry_after:.0f} seconds." if error.retry_after else ""
        raise ToolError(f"{error}{wait}{known}") from error
    except LegalNamesError as error:
        raise ToolError(str(error)) from error


def _client(context: Context[ToolContext]) -> AsyncClient:
    return context.request_context.lifespan_context.client


@server.tool(title="Compare two legal names", annotations=_ADDS)
async def compare(  # noqa: PLR0913, PLR0917  # the arguments are the schema of the tool
    name1: Name,
    name2: Name,
    context: Context[ToolContext],
    profile: Annotated[
        str, Field(description="The legal regime, by its id; see the tool profiles.")
    ] = "general",
    kind: Literal["auto", "organisation", "individual"] = "auto",
    jurisdiction1: Annotated[str | None, Field(description="Such as DE or US-DE, when known.")] = None,
    jurisdiction2: Annotated[str | None, Field(description="Such as DE or US-DE, when known.")] = None,
    matter: Annotated[
        str | None, Field(description="Reference of the user's matter, if they name one.")
    ] = None,
) -> Answer:
    """Say whether the difference of two names is material, with the reason. Stored; one request."""
    with _tell_refusals():
        answer = await _client(context).compare(
            name1,
            name2,
            profile=profile,
            matter=matter,
            kind=kind,
            jurisdiction1=jurisdiction1,
            jurisdiction2=jurisdiction2,
        )
    return Answer(**_describe(answer))


@server.tool(title="Explain a comparison", annotations=_READS)
async def explain(prediction: PredictionId, context: Context[ToolContext]) -> Explanation:
    """Read a stored comparison: every difference, what it does under the profile and on whose authority."""
    with _tell_refusals():
        answer = await _client(context).predictions.get(prediction)
    return Explanation(
        **_describe(answer),
        differences=[_describe_difference(difference) for difference in answer.differences],
        notes=answer.notes,
        model=f"{answer.model.name} {answer.model.version}",
        rules_version=answer.rules_version,
        created_at=answer.created_at.isoformat(),
    )


@server.tool(title="List profiles", annotations=_READS)
async def profiles(context: Context[ToolContext]) -> list[ProfileSummary]:
    """List the legal regimes ("profiles") that names are compared under, and what each is for."""
    with _tell_refusals():
        found = await _client(context).profiles()
    return [
        ProfileSummary(id=row.id, title=row.title, summary=row.summary, sources=row.sources) for row in found
    ]


@server.tool(title="Ask a reviewer", annotations=_ADDS)
async def ask_reviewer(
    prediction: PredictionId,
    reason: Annotated[
        str, Field(max_length=4_000, description="Why a person shall look. Facts, no opinion.")
    ],
    context: Context[ToolContext],
    priority: Literal["normal", "urgent"] = "normal",
) -> ReviewOutcome:
    """Ask that a reviewer decides a stored comparison, when the user wants it; people take hours."""
    with _tell_refusals():
        request = await _client(context).reviews.ask(prediction, reason, priority=priority)
    return _describe_review(request.review)


@server.tool(title="Look up a review", annotations=_READS)
async def review_status(prediction: PredictionId, context: Context[ToolContext]) -> ReviewOutcome:
    """Say how far the review of a comparison is, and what was decided."""
    with _tell_refusals():
        return _describe_review(await _client(context).reviews.get(prediction))


def _describe(answer: Prediction) -> dict[str, Any]:
    return {
        "id": str(answer.id),
        "verdict": answer.verdict,
        "reason": answer.reason,
        "missing_fact": answer.missing_fact,
        "confidence": answer.confidence,
        "profile": answer.profile,
        "decided_by": answer.decided_by,
        "review": _describe_review(answer.review),
        "disclaimer": answer.disclaimer,
    }


def _describe_review(review: PredictionReview) -> ReviewOutcome:
    return ReviewOutcome(
        status=review.status,
        verdict=review.verdict,
        reason=review.reason,
        decided_at=None if review.decided_at is None else review.decided_at.isoformat(),
        missing_document=review.missing_document,
    )


def _describe_difference(difference: Difference) -> NamedDifference:
    return NamedDifference(
        category=difference.category,
        title=difference.title,
        in_name1=difference.text1,
        in_name2=difference.text2,
        effect=difference.effect,
        explanation=difference.explanation,
        authority=difference.authority,
    )


def main() -> None:
    """Serve on standard input and output until the assistant goes away."""
    try:
        AsyncClient.from_environment()
    except (ValueError, OSError) as error:
        sys.exit(f"legal-names-mcp: {error}")
    server.run("stdio")
