"""The explanation in words: differences, the reason for a verdict, and what would settle a review."""

from __future__ import annotations

from typing import Any, Final

from matching.engine import policy
from matching.engine.categories import CategoryId, ProfileLogic
from matching.engine.differences.sentences import choose_sentence_key, get_sentence
from matching.engine.language.wording import ENGLISH, Sentence, Translate, Wording
from matching.engine.profiles import Profile, load_categories
from matching.engine.search.disclosure import CONDITIONS, SearchResult
from matching.engine.search_logic import AS_RECEIVED, NormalisationStep
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import DecisionSource, Difference, Effect, Finding, Span, Verdict

DISCLAIMER: Final = "A comparison of texts under stated rules; not legal advice."


def build_difference(
    finding: Finding,
    categories: frozenset[CategoryId],
    left: TokenisedName,
    right: TokenisedName,
    profile: Profile,
    effect: Effect,
) -> Difference:
    """Return a finding with its texts, its effect on this pair, its rule and its explanation.

    ``categories`` are those of all findings of the pair.
    """
    id_, span1, span2, detail, _, note = finding
    category = load_categories()[id_]
    key = choose_sentence_key(finding, categories, left, right)
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
        "effect": str(item.effect),
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
    missing = _get_missing_fact(decision, _get_decisive(decision, differences), profile)
    reason = write_reason(decision, differences, profile, search)
    if decision.decided_by is DecisionSource.KIND_IN_DOUBT:
        return reason, missing, notes
    if search:
        read = Sentence.LOGIC_NOTE.format(logic=search.logic.title)
        certified = (str(Sentence.CERTIFIED_SEARCH_NOTE),) if search.is_equal and differences else ()
        return reason, missing, (*notes, read, *certified)
    if profile.logic is ProfileLogic.AVAILABILITY:
        notes = (*notes, str(Sentence.AVAILABILITY_NOTE))
    return reason, missing, notes


def write_reason(
    decision: policy.PolicyDecision,
    differences: tuple[Difference, ...],
    profile: Profile,
    search: SearchResult | None,
    wording: Wording = ENGLISH,
) -> str:
    """Return the reason of a decision in the language of the wording, with the law of the profile."""
    law = f" {wording.translate(profile.law)}" if profile.law and differences else ""
    if decision.decided_by is DecisionSource.KIND_IN_DOUBT:
        return wording.translate(Sentence.KIND_IN_DOUBT) + law
    decisive = _get_decisive(decision, differences)
    if search:
        return _write_search_reason(decisive, search, wording) + law
    return _write_plain_reason(decision, decisive, differences, profile, wording) + law


def _get_decisive(decision: policy.PolicyDecision, differences: tuple[Difference, ...]) -> Difference | None:
    return differences[decision.decisive_index] if decision.decisive_index is not None else None


def _get_identity_note(search: SearchResult | None) -> str:
    return str(Sentence.DISCLOSURE_NOTE if search else Sentence.IDENTICAL_NAMES_NOTE)


def _write_search_reason(decisive: Difference | None, search: SearchResult, wording: Wording) -> str:
    translate, step = wording.translate, search.deciding_step
    logic = translate(Sentence.MODEL_LOGIC)
    if search.logic.id != "model":
        logic = translate(Sentence.OFFICE_LOGIC).format(office=search.logic.id)
    if not search.is_equal:
        rest = _describe_remainder(step, translate)
        return translate(Sentence.NOT_DISCLOSED).format(logic=logic, step=translate(step.title), rest=rest)
    equality = _describe_equality(step, translate)
    if decisive is None:
        return translate(Sentence.DISCLOSED).format(logic=logic, equality=equality)
    explanation = translate(decisive.explanation)
    if decisive.category in CONDITIONS:
        condition = translate(CONDITIONS[decisive.category])
        template = translate(Sentence.EQUAL_ON_CONDITION)
        return template.format(logic=logic, condition=condition, explanation=explanation)
    if search.dissenting:
        others = translate(Sentence.OR).join([translate(title) for title in search.dissenting])
        template = translate(Sentence.EQUAL_BUT_NOT_UNDER)
        return template.format(logic=logic, equality=equality, others=others)
    template, subject = translate(Sentence.EQUAL_BUT_DISREGARDS), _write_subject(decisive, wording)
    return template.format(logic=logic, equality=equality, subject=subject, explanation=explanation)


def _describe_equality(step: NormalisationStep, translate: Translate) -> str:
    if step.title == AS_RECEIVED:
        return translate(Sentence.ARE_IDENTICAL)
    return translate(Sentence.EQUAL_AFTER_STEP).format(step=translate(step.title))


def _describe_remainder(step: NormalisationStep, translate: Translate) -> str:
    if step.left and step.right:
        return translate(Sentence.TWO_TEXTS_REMAIN).format(left=step.left, right=step.right)
    return translate(Sentence.ONE_TEXT_REMAINS).format(text=step.left or step.right)


def _get_missing_fact(
    decision: policy.PolicyDecision, decisive: Difference | None, profile: Profile
) -> str | None:
    if decision.decided_by is DecisionSource.KIND_IN_DOUBT:
        return str(Sentence.KIND_FACT)
    if decision.decided_by is DecisionSource.IDENTIFIERS and decision.verdict is Verdict.REVIEW:
        return str(Sentence.IDENTIFIERS_FACT)
    if decision.verdict is not Verdict.REVIEW or decisive is None:
        return None
    fact = profile.get_missing_fact(load_categories()[decisive.category])
    return fact or str(Sentence.ANY_FACT)


def _write_plain_reason(
    decision: policy.PolicyDecision,
    decisive: Difference | None,
    differences: tuple[Difference, ...],
    profile: Profile,
    wording: Wording,
) -> str:
    translate = wording.translate
    if decision.decided_by is DecisionSource.IDENTIFIERS:
        return translate(_SENTENCES_OF_IDENTIFIERS[decision.verdict])
    if decision.decided_by is DecisionSource.COMPLEXITY:
        return translate(Sentence.TOO_COMPLEX)
    if decisive is None:
        if not differences:
            return translate(Sentence.IDENTICAL)
        titles = _join_equal_titles(differences, wording)
        return translate(Sentence.NOTHING_DIFFERS).format(profile=profile.id, titles=titles)
    subject = _write_subject(decisive, wording)
    template = translate(_SENTENCES_BY_VERDICT[decision.verdict])
    return template.format(subject=subject, explanation=translate(decisive.explanation))


_SENTENCES_OF_IDENTIFIERS: Final = {
    Verdict.MATERIAL: Sentence.IDENTIFIERS_DIFFER,
    Verdict.REVIEW: Sentence.IDENTIFIERS_CONTRADICT,
    Verdict.IMMATERIAL: Sentence.IDENTIFIERS_AGREE,
}
_SENTENCES_BY_VERDICT: Final = {
    Verdict.MATERIAL: Sentence.MATERIAL,
    Verdict.REVIEW: Sentence.REVIEW,
    Verdict.IMMATERIAL: Sentence.IMMATERIAL,
}


def _write_subject(item: Difference, wording: Wording) -> str:
    """Return the title of a difference with the texts that differ."""
    title, translate = wording.write_title(item.title), wording.translate
    if item.text1 and item.text2:
        return title + translate(Sentence.BOTH_TEXTS).format(left=item.text1, right=item.text2)
    text = item.text1 or item.text2
    return title + translate(Sentence.ONE_TEXT).format(text=text) if text else title


def _join_equal_titles(differences: tuple[Difference, ...], wording: Wording) -> str:
    equal = [item.title for item in differences if item.effect is Effect.EQUAL]
    return ", ".join(dict.fromkeys([wording.write_title(title) for title in equal]))
