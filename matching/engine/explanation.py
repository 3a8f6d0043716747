"""The explanation in words: differences, the reason for a verdict, and what would settle a review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matching.engine import policy
from matching.engine.differences.sentences import choose_sentence_key, get_sentence
from matching.engine.profiles import Profile, ProfileLogic, load_categories
from matching.engine.search.disclosure import CONDITIONS, SearchResult
from matching.engine.search_logic import NormalisationStep
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import DecisionSource, Difference, Effect, Finding, Span, Verdict

AVAILABILITY_NOTE = (
    "A register's test of whether a name is free: it says whether the registrar would tell the two names "
    "apart, never whether they are one legal person."
)
IDENTICAL_NAMES_NOTE = (
    "Identical names can still belong to different persons: about 1 in 200 register entities shares its name."
)
KIND_IN_DOUBT_REASON = (
    "A person must look: the names may be people's or organisations', and the verdicts differ."
)
TOO_COMPLEX_REASON = "A person must look: the names are too complex to compare automatically."
DISCLOSURE_NOTE = (
    "Disclosure is not identity: a search also discloses filings against other debtors whose names are equal "
    "under the logic."
)
CERTIFIED_SEARCH_NOTE = (
    "Equality under the logic is not the practice of an office: offices program it differently, and Florida "
    "has no standard logic. A certified search under the registered name confirms what its index discloses."
)
DISCLAIMER = "A comparison of texts under stated rules; not legal advice."


def build_difference(
    finding: Finding,
    findings: Sequence[Finding],
    left: TokenisedName,
    right: TokenisedName,
    profile: Profile,
    effect: Effect,
) -> Difference:
    """Return a finding with its texts, its effect on this pair, its rule and its explanation."""
    id_, span1, span2, detail, _, note = finding
    category = load_categories()[id_]
    key = choose_sentence_key(finding, findings, left, right)
    sentence = get_sentence(key)
    is_plain = key in (id_, f"{id_}/{detail}")
    return Difference(
        id_,
        sentence.title or category.title,
        _get_span_text(left, span1),
        _get_span_text(right, span2),
        span1,
        span2,
        effect,
        f"{profile.id}/{id_}@{profile.version}",
        profile.cite_law(category),
        (note if is_plain else "") or sentence.explanation,
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
    notes: tuple[str, ...] = (_get_identity_note(search),) if decision.verdict is Verdict.IMMATERIAL else ()
    decisive = differences[decision.decisive_index] if decision.decisive_index is not None else None
    missing = _get_missing_fact(decision, decisive, profile)
    law = f" {profile.law}" if profile.law and differences else ""
    if decision.decided_by is DecisionSource.KIND_IN_DOUBT:
        return KIND_IN_DOUBT_REASON + law, missing, notes
    if search:
        read = f"Read under {search.logic.title}."
        certified = (CERTIFIED_SEARCH_NOTE,) if search.is_equal and differences else ()
        return _write_search_reason(decisive, search) + law, missing, (*notes, read, *certified)
    if profile.logic is ProfileLogic.AVAILABILITY:
        notes = (*notes, AVAILABILITY_NOTE)
    return _write_reason(decision, decisive, differences, profile) + law, missing, notes


def _get_identity_note(search: SearchResult | None) -> str:
    return DISCLOSURE_NOTE if search else IDENTICAL_NAMES_NOTE


def _write_search_reason(decisive: Difference | None, search: SearchResult) -> str:
    logic = "the model logic" if search.logic.id == "model" else f"the logic of {search.logic.id}"
    step = search.deciding_step
    if not search.is_equal:
        return (
            f"A search under {logic} for one name does not disclose the other: "
            f"after the step “{step.title}” {_describe_remainder(step)}."
        )
    if decisive is None:
        return f"A search under {logic} for either name discloses the other: {_describe_equality(step)}."
    if decisive.category in CONDITIONS:
        condition = CONDITIONS[decisive.category]
        return f"The names are equal under {logic} only if {condition}. {decisive.explanation}"
    equal = f"The names are equal under {logic} ({_describe_equality(step)})"
    if search.dissenting:
        return f"{equal}, but not under {' or '.join(search.dissenting)}, and the office is not known."
    subject = f"{_lower_first_letter(decisive.title)}{_quote_texts(decisive)}"
    doubt = "but it disregards a difference that can be another debtor"
    return f"{equal}, {doubt}: {subject}. {decisive.explanation}"


def _describe_equality(step: NormalisationStep) -> str:
    is_same = step.title == "as received"
    return "they are identical" if is_same else f"nothing differs after the step “{step.title}”"


def _describe_remainder(step: NormalisationStep) -> str:
    if step.left and step.right:
        return f"“{step.left}” and “{step.right}” remain"
    return f"“{step.left or step.right}” remains of one name and nothing of the other"


def _get_missing_fact(
    decision: policy.PolicyDecision, decisive: Difference | None, profile: Profile
) -> str | None:
    if decision.decided_by is DecisionSource.KIND_IN_DOUBT:
        return (
            "a register extract or identity document that shows whether a person is meant or an organisation"
        )
    if decision.verdict is not Verdict.REVIEW or decisive is None:
        return None
    return (
        profile.get_missing_fact(load_categories()[decisive.category])
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
    if decision.decided_by is DecisionSource.COMPLEXITY:
        return TOO_COMPLEX_REASON
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
