"""The parsed structure of a name as JSON: which part of the name the engine took each word for."""

from __future__ import annotations

from typing import Any

from matching.engine.legal_forms.relation import LegalForm
from matching.engine.organisation.parse import ParsedOrganisation
from matching.engine.person.types import ParsedPerson
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.numbers import parse_number
from matching.engine.text.tokenise import Token, Tokens
from matching.engine.types import Kind

_PERSON_FIELDS = (
    "surname", "given", "middle", "patronymic", "particles", "titles", "postnominals", "nicknames", "alias",
    "capacity",
)  # fmt: skip


def serialise_organisation(name: ParsedOrganisation) -> dict[str, Any]:
    """Return the parts of an organisation's name."""
    words, stem = load_lexicon(), name.stem_tokens
    return {
        "name": name.text.raw,
        "kind": str(Kind.ORGANISATION),
        "stem": _list_texts(stem),
        "legal_forms": [_serialise_form(form, name) for form in name.forms],
        "numerals": _serialise_numerals(stem),
        "geography": [token.text for token in stem if token.key in words.places],
        "connectors": [
            token.text for token in stem if token.key in words.connectors or token.key in words.particles
        ],
        "roles": [token.text for token in stem if token.key in words.roles],
        "appended": [
            {"category": part.category, "text": _slice_text(name, part.start, part.stop)}
            for part in name.parts
        ],
        "scripts": sorted(name.text.scripts),
    }


def _serialise_numerals(stem: tuple[Token, ...]) -> list[dict[str, str]]:
    return [
        {"text": token.text, "value": value}
        for position, token in enumerate(stem)
        if (value := parse_number(token.key, first=position == 0))
    ]


def _serialise_form(form: LegalForm, name: ParsedOrganisation) -> dict[str, Any]:
    return {
        "text": _slice_text(name, form.first, form.stop),
        "label": form.label,
        "codes": [{"jurisdiction": place, "elf": code} for place, code in form.main_codes],
        "families": list(form.families),
    }


def _slice_text(name: ParsedOrganisation, start: int, stop: int) -> str:
    """Return the text of the tokens ``[start, stop)`` as received."""
    tokens = name.text.tokens
    return name.text.raw[tokens[start].start : tokens[stop - 1].end]


def serialise_person(person: ParsedPerson) -> dict[str, Any]:
    """Return the parts of a person's name."""
    parsed: dict[str, Any] = {"name": person.text.raw, "kind": str(Kind.INDIVIDUAL)}
    parsed.update({field: _list_texts(getattr(person, field)) for field in _PERSON_FIELDS})
    return {**parsed, "suffix": person.suffix, "scripts": sorted(person.text.scripts)}


def _list_texts(tokens: Tokens) -> list[str]:
    return [token.text for token in tokens]
