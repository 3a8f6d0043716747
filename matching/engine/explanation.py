"""The explanation in words: differences, the reason for a verdict, and what would settle a review."""

from __future__ import annotations

from typing import Any

from matching.engine import policy
from matching.engine.profiles import Profile, ProfileLogic, load_case_explanations, load_categories
from matching.engine.search import SearchResult
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import DecisionSource, Difference, Effect, Finding, Span, Verdict

AVAILABILITY_NOTE = (
    "A register's test of whether a name is free: it says whether the registrar would tell the two names "
    "apart, never whether they are one legal person."
)
IDENTICAL_NAMES_NOTE = (
    "Identical names can still belong to different persons: about 1 in 200 register entities shares its name."
)
DISCLAIMER = "A comparison of texts under stated rules; not legal advice."


def build_difference(
    finding: Finding, left: TokenisedName, right: TokenisedName, profile: Profile
) -> Difference:
    """Return a finding with its texts, its effect under the profile, its rule and its explanation."""
    id_, span1, span2, detail, _, note = finding
    category = load_categories()[id_]
    return Difference(
        id_,
        category.title,
        _get_span_text(left, span1),
        _get_span_text(right, span2),
        span1,
        span2,
        policy.get_finding_effect(finding, profile),
        f"{profile.id}/{id_}@{profile.version}",
        category.authority,
        note or load_case_explanations().get(f"{id_}/{detail}", category.explanation),
    )


def serialise_difference(item: Difference) -> dict[str, Any]:
    """Return the JSON-ready form of a difference."""
    return {
        "category": item.category,
        "title": item.title,
        "text1": item.text1,
        "text2": item.text2,
        "span1": list(item.span1) if item.span1 else None,
        "span2": list(item.span2) if item.span2 else None,
        "effect": item.effect.value,
        "rule": item.rule,
        "authority": item.authority,
        "explanation": item.explanation,
    }


def _get_span_text(text: TokenisedName, span: Span | None) -> str:
    return text.raw[span[0] : span[1]] if span else ""


def explain_verdict(
    decision: policy.PolicyDecision,
    differences: tuple[Difference, ...],
    profile: Profile,
    search: SearchResult | None,
) -> tuple[str, str | None, tuple[str, ...]]:
    """Return the reason in one sentence, the missing fact of a review, and the notes of the comparison."""
    notes = (IDENTICAL_NAMES_NOTE,) if decision.verdict is Verdict.IMMATERIAL else ()
    if search:
        return (
            _write_search_reason(decision, search),
            _get_search_missing_fact(decision),
            (*notes, f"Read under {search.logic.title}."),
        )
    decisive = differences[decision.decisive_index] if decision.decisive_index is not None else None
    missing = _get_missing_fact(decision, decisive)
    if profile.logic is ProfileLogic.AVAILABILITY:
        notes = (*notes, AVAILABILITY_NOTE)
    return _write_reason(decision, decisive, differences, profile), missing, notes


def _write_search_reason(decision: policy.PolicyDecision, search: SearchResult) -> str:
    logic = "the model logic" if search.logic.id == "model" else f"the logic of {search.logic.id}"
    if not search.is_equal:
        return f"One name would not be disclosed by a search under {logic} for the other."
    if decision.verdict is Verdict.IMMATERIAL:
        return f"A search under {logic} for either name discloses the other; at most case differs."
    return f"The names are equal under {logic}, but offices program it differently and the texts differ."


def _get_search_missing_fact(decision: policy.PolicyDecision) -> str | None:
    return (
        "a certified search of the filing office under the registered name"
        if decision.verdict is Verdict.REVIEW
        else None
    )


def _get_missing_fact(decision: policy.PolicyDecision, decisive: Difference | None) -> str | None:
    if decision.verdict is not Verdict.REVIEW or decisive is None:
        return None
    return (
        load_categories()[decisive.category].missing
        or "a register extract or identity document for both names"
    )


def _write_reason(
    decision: policy.PolicyDecision,
    decisive: Difference | None,
    differences: tuple[Difference, ...],
    profile: Profile,
) -> str:
    if decision.decided_by is DecisionSource.IDENTIFIERS:
        same = decision.verdict is Verdict.IMMATERIAL
        return (
            f"The identifiers given for both sides {'agree' if same else 'differ'}; they settle who is meant."
        )
    if decisive is None:
        if not differences:
            return "The names are identical."
        titles = _join_equal_titles(differences)
        return f"Nothing differs but what the profile “{profile.id}” treats as equal: {titles}."
    subject = f"{_lower_first_letter(decisive.title)}{_quote_texts(decisive)}"
    return f"{_VERDICT_OPENINGS[decision.verdict]} {subject}. {decisive.explanation}"


_VERDICT_OPENINGS = {
    Verdict.MATERIAL: "Another name:",
    Verdict.REVIEW: "A person must look:",
    Verdict.IMMATERIAL: "The same name in all likelihood:",
}


def _lower_first_letter(title: str) -> str:
    """Return a title for use inside a sentence: lower-case first letter, unless it is an acronym."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _quote_texts(item: Difference) -> str:
    if item.text1 and item.text2:
        return f" (“{item.text1}” / “{item.text2}”)"
    return f" (“{item.text1 or item.text2}” on one side only)" if item.text1 or item.text2 else ""


def _join_equal_titles(differences: tuple[Difference, ...]) -> str:
    return ", ".join(
        dict.fromkeys(
            [_lower_first_letter(item.title) for item in differences if item.effect is Effect.EQUAL]
        )
    )
