"""The texts of an answer in another language.

Nothing is kept of an answer but its English texts and the facts that it states. The reason is written again
from those facts, in English first: where that is not the stored text, word for word, what the facts were is
not known, and the English stays. So a translation never says more, less or other than what was answered, and
answers that were stored before there were translations have one too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from string import Formatter
from typing import Any

from matching.engine.authorities import NO_AUTHORITY
from matching.engine.categories import ProfileLogic
from matching.engine.explanation import write_reason
from matching.engine.language.wording import ENGLISH, Sentence, Translate, Wording
from matching.engine.policy import PolicyDecision
from matching.engine.profiles import (
    Profile,
    get_profile,
    load_case_explanations,
    load_categories,
    load_profiles,
    load_registry_profiles,
)
from matching.engine.search.disclosure import CONDITIONS, SearchResult
from matching.engine.search.person_fields import DISREGARDED, FIELD_TITLES
from matching.engine.search_logic import SEARCH_LOGICS, STEP_TITLES, NormalisationStep
from matching.engine.text.dates import MONTH_NAMES
from matching.engine.types import DecisionSource, Difference, Effect, UnknownProfileError, Verdict


def list_texts() -> list[str]:
    """Return every text of the engine that a catalogue translates, each once, in the order of the rules."""
    texts = [sentence.value for sentence in Sentence]
    for category in load_categories().values():
        texts += [category.title, category.explanation, category.missing or ""]
    for case in load_case_explanations().values():
        texts += [case.title or "", case.explanation]
    for profile in [*load_profiles().values(), *load_registry_profiles().values()]:
        texts += [profile.title, profile.summary, profile.law or "", *profile.remarks]
        texts += profile.missing.values()
    texts += [*STEP_TITLES, *FIELD_TITLES, DISREGARDED, *CONDITIONS.values()]
    texts += [NO_AUTHORITY, *[logic.title for logic in SEARCH_LOGICS.values()]]
    texts += [name.title() for name in MONTH_NAMES]
    return [text for text in dict.fromkeys(texts) if text]


def translate_answer(answer: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """Return an answer, as the API gives it, with its texts in the language of the wording.

    Verdicts, ids, rules, authorities and everything quoted from a name stay as they are.
    """
    translate = wording.translate
    translated = dict(answer)
    translated["differences"] = [_translate_difference(item, translate) for item in answer["differences"]]
    translated["notes"] = [translate_text(note, translate) for note in answer.get("notes", ())]
    translated["steps"] = [_translate_step(step, translate) for step in answer.get("steps", ())]
    translated["reason"] = translate_reason(answer, wording)
    translated["missing_fact"] = translate_text(answer.get("missing_fact") or "", translate) or None
    return translated


def translate_text(text: str, translate: Translate) -> str:
    """Return a title, note or explanation in another language, also one that holds parameters."""
    if not text:
        return text
    known = translate(text)
    if known != text:
        return known
    for sentence in _READABLE:
        found = _read_parameters(sentence, text)
        if found:
            parts = {name: _translate_part(name, part, translate) for name, part in found.items()}
            return translate(sentence).format(**parts)
    return text


def _translate_difference(item: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    texts = {key: translate_text(item[key], translate) for key in ("title", "explanation")}
    return {**item, **texts, "authority": _translate_authority(item["authority"], translate)}


def _translate_authority(authority: str, translate: Translate) -> str:
    """Return the authority of a difference: citations as they are, else that there is none."""
    return translate(authority) if authority == NO_AUTHORITY else authority


def _translate_step(item: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    sides = {side: translate(DISREGARDED) for side in ("left", "right") if item[side] == DISREGARDED}
    return {**item, **sides, "title": translate(item["title"])}


_READABLE = (
    Sentence.LOGIC_NOTE,
    Sentence.FORM_MISSING,
    Sentence.FORM_COMMON,
    Sentence.FORM_SHARED_CODE,
    Sentence.FORM_SAME,
    Sentence.FORM_TRANSLATION,
    Sentence.FORM_MARKER,
    Sentence.FORM_STACKED,
    Sentence.FORM_DIFFERENT,
    Sentence.FORM_AMBIGUOUS,
    Sentence.UNCLEAR_DATE,
    Sentence.CHARACTERS,
    Sentence.INVISIBLE_CHARACTER,
    Sentence.NAME_TOO_LONG,
)
"""Sentences whose parameters are registered words, characters or dates, so that they can be read back."""


@cache
def _split_template(sentence: str) -> tuple[tuple[str, str], ...]:
    """Return the words of a template, each with the parameter that follows them; empty at the end."""
    return tuple([(words, name or "") for words, name, *_ in Formatter().parse(sentence)])


def _read_parameters(sentence: str, text: str) -> dict[str, str] | None:
    """Return the parameters of a filled template, each up to the first place of the words after it."""
    found: dict[str, str] = {}
    position, reading = 0, ""
    pieces = _split_template(sentence)
    for index, (words, name) in enumerate(pieces):
        is_last = index == len(pieces) - 1 and not name
        start = len(text) - len(words) if is_last else text.find(words, position + bool(reading))
        if start < position + bool(reading) or not text.startswith(words, start) or (not reading and start):
            return None
        if reading:
            found[reading] = text[position:start]
        position, reading = start + len(words), name
    if reading:
        found[reading] = text[position:]
    return found


def _translate_part(name: str, part: str, translate: Translate) -> str:
    if name == "logic":
        return translate(part)
    if name == "days":
        days = [_fill(Sentence.DAY, day, translate) for day in part.split(Sentence.OR)]
        return translate(Sentence.OR).join(days)
    if name == "pairs":
        return "; ".join([_fill(Sentence.CHARACTER_PAIR, pair, translate) for pair in part.split("; ")])
    return part


def _fill(sentence: Sentence, text: str, translate: Translate) -> str:
    """Return a filled template in another language; the parameters that are words are translated too."""
    found = _read_parameters(sentence, text)
    if not found:
        return text
    return translate(sentence).format(**{name: translate(part) for name, part in found.items()})


def translate_reason(answer: Mapping[str, Any], wording: Wording) -> str:
    """Return the reason of an answer in the language of the wording; in English where it says other facts."""
    reason: str = answer["reason"]
    facts = _find_facts(answer, reason) if reason else None
    if facts is None:
        return translate_text(reason, wording.translate)
    return write_reason(*facts, wording._replace(translate=_TextTranslator(wording.translate)))


class _TextTranslator:
    """Translates a text, also one that holds parameters."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate

    def __call__(self, text: str) -> str:
        """Return the text in the other language."""
        return translate_text(text, self._translate)


_Facts = tuple[PolicyDecision, tuple[Difference, ...], Profile, SearchResult | None]


def _find_facts(answer: Mapping[str, Any], reason: str) -> _Facts | None:
    """Return the facts from which the reason of an answer was written; ``None`` where none give its words."""
    try:
        profile = get_profile(answer["profile"])
        source = DecisionSource(answer["decided_by"])
    except (UnknownProfileError, ValueError):
        return None
    verdict = Verdict(answer["verdict"])
    differences = tuple([_read_difference(item) for item in answer["differences"]])
    for index in (None, *range(len(differences))):
        decision = PolicyDecision(verdict, 0.0, index, source)
        for search in _list_searches(answer, profile):
            facts = (decision, differences, profile, search)
            if write_reason(*facts, ENGLISH) == reason:
                return facts
    return None


def _read_difference(item: Mapping[str, Any]) -> Difference:
    fields = {key: item[key] for key in Difference._fields}
    return Difference(**{**fields, "effect": Effect(item["effect"])})


def _list_searches(answer: Mapping[str, Any], profile: Profile) -> Iterator[SearchResult | None]:
    """Yield none, and the results of a search that agree with the steps and notes of an answer."""
    yield None
    if profile.logic is not ProfileLogic.SEARCH:
        return
    steps = tuple([NormalisationStep(**step) for step in answer.get("steps", ())])
    notes = answer.get("notes", ())
    for logic in SEARCH_LOGICS.values():
        if Sentence.LOGIC_NOTE.format(logic=logic.title) not in notes:
            continue
        for step in steps:
            yield SearchResult(False, logic, steps, step, (), ())
            yield SearchResult(True, logic, steps, step, (), ())
            if others := _find_dissenting(answer["reason"]):
                yield SearchResult(True, logic, steps, step, others, ())


def _find_dissenting(reason: str) -> tuple[str, ...]:
    """Return the titles of the logics that a reason names."""
    return tuple([logic.title for logic in SEARCH_LOGICS.values() if logic.title in reason])
