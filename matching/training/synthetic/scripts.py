"""Pairs of names in scripts other than Latin: the same name romanised, and another name.

Distinctive words are drawn syllable by syllable from tables with one usual romanisation each, so the truth
of a pair is known without any transliterator; spelling on the Latin side is then loosened as people spell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from matching.training.synthetic import typos
from matching.training.synthetic.vocabulary import WordSampler, load_yaml


class ScriptLexicon(NamedTuple):
    """A script: letters or syllables, descriptive words, legal forms in both scripts, their position."""

    romanisations: dict[str, str]
    words: dict[str, str]
    native_forms: dict[str, list[str]]
    latin_forms: dict[str, list[str]]
    form_first: bool
    separator: str
    stem_length: tuple[int, int]


_STEM_LENGTHS = {
    "cyrillic": (5, 9),
    "greek": (5, 9),
    "arabic": (4, 6),
    "hebrew": (4, 6),
    "katakana": (2, 5),
    "hangul": (2, 3),
    "han": (2, 2),
    "kanji": (2, 2),
    "devanagari": (3, 5),
}


@lru_cache(maxsize=1)
def load_scripts() -> dict[str, ScriptLexicon]:
    """Load all scripts of the corpus, by name."""
    data = load_yaml("scripts")
    return {name: _build_script(data, name) for name in _STEM_LENGTHS}


def _build_script(data: dict[str, Any], name: str) -> ScriptLexicon:
    forms = data["forms"][name]
    return ScriptLexicon(
        data[name],
        data["words"][name],
        forms["native"],
        forms["latin"],
        forms["before"] == "true",
        forms["space"],
        _STEM_LENGTHS[name],
    )


class TwoScriptName(NamedTuple):
    """The parts of an organisation's name in its own script and in Latin letters."""

    stem: tuple[str, str]
    word: tuple[str, str]
    form: str

    def to_native(self, draw: WordSampler, script: ScriptLexicon) -> str:
        """Return the name in its own script."""
        stem = (
            self.stem[0].title()
            if script.romanisations.get("а") or script.romanisations.get("α")
            else self.stem[0]
        )
        body = script.separator.join(part for part in (stem, self.word[0]) if part)
        form = draw.choose(script.native_forms[self.form])
        before = script.form_first and (script.separator == " " or draw.flip_coin(0.6))
        return script.separator.join((form, body) if before else (body, form))

    def to_latin(self, draw: WordSampler, script: ScriptLexicon) -> str:
        """Return the name romanised, with descriptive words in English."""
        body = " ".join(part for part in (self.stem[1].title(), self.word[1]) if part)
        comma = draw.choose(["", ","])
        return f"{body}{comma} {draw.choose(script.latin_forms[self.form])}"


def _sample_stem(draw: WordSampler, script: ScriptLexicon) -> tuple[str, str]:
    vowels = {"a", "e", "i", "o", "u"}
    alphabetic = len(set(script.romanisations.values()) & vowels) >= 3 and script.stem_length[1] > 5
    length, native, latin = draw.random.randint(*script.stem_length), "", ""
    letters = list(script.romanisations)
    while len(native) < length or not latin:
        letter = draw.choose(
            [
                x
                for x in letters
                if not alphabetic or (script.romanisations[x] in vowels) == (len(native) % 2 == 1)
            ]
        )
        native, latin = native + letter, latin + script.romanisations[letter]
    return native, latin


def sample_two_script_name(draw: WordSampler, script: ScriptLexicon) -> TwoScriptName:
    """Compose a new organisation of that script."""
    word = draw.choose(list(script.words)) if draw.flip_coin(0.65) else ""
    return TwoScriptName(
        _sample_stem(draw, script), (word, script.words.get(word, "")), draw.choose(list(script.native_forms))
    )


def _change_name(draw: WordSampler, script: ScriptLexicon, name: TwoScriptName) -> TwoScriptName:
    way = draw.random.random()
    if way < 0.45:
        return name._replace(stem=_sample_stem(draw, script))
    if way < 0.65:
        return name._replace(stem=_change_syllable(draw, script, name.stem))
    if way < 0.8 and len(script.words) > 1:
        word = draw.choose_other(list(script.words), name.word[0])
        return name._replace(word=(word, script.words[word]))
    if way < 0.9 and len(script.native_forms) > 1:
        return name._replace(form=draw.choose_other(list(script.native_forms), name.form))
    return sample_two_script_name(draw, script)


def _change_syllable(draw: WordSampler, script: ScriptLexicon, stem: tuple[str, str]) -> tuple[str, str]:
    at = draw.random.randrange(len(stem[0]))
    if stem[0][at] not in script.romanisations:
        return _sample_stem(draw, script)
    new = draw.choose_other(list(script.romanisations), stem[0][at])
    native = stem[0][:at] + new + stem[0][at + 1 :]
    return native, "".join(script.romanisations.get(letter, "") for letter in native)


def make_organisation_pair(draw: WordSampler, material: bool) -> tuple[str, str] | None:
    """Compose a name and the same name in another script, or another name (O36)."""
    script = load_scripts()[draw.choose(list(_STEM_LENGTHS))]
    name = sample_two_script_name(draw, script)
    other = _change_name(draw, script, name) if material else name
    if material and other.stem == name.stem and other.word == name.word and other.form == name.form:
        return None
    if draw.flip_coin(0.3):
        return name.to_native(draw, script), other.to_native(draw, script)
    latin = other.to_latin(draw, script)
    return name.to_native(draw, script), typos.respell_sound(draw, latin) if draw.flip_coin(0.2) else latin


def make_person_pair(draw: WordSampler, material: bool) -> tuple[str, str] | None:
    """Compose a person in their own script and romanised, or another person (I20)."""
    people = load_people()
    names = people[draw.choose(list(people))]
    given, surname = draw.choose(list(names["given"])), draw.choose(list(names["surname"]))
    other_given, other_surname = given, surname
    if material and draw.flip_coin(0.6):
        other_given = draw.choose_other(list(names["given"]), given)
    elif material:
        other_surname = draw.choose_other(list(names["surname"]), surname)
    family_first = names is people["han"] or names is people["hangul"]
    native = f"{surname}{given}" if family_first else f"{given} {surname}"
    latin = (names["given"][other_given], names["surname"][other_surname])
    return native, draw.choose(
        [f"{latin[0]} {latin[1]}", f"{latin[1]}, {latin[0]}", f"{latin[1].upper()} {latin[0]}"]
    )


@lru_cache(maxsize=1)
def load_people() -> dict[str, dict[str, dict[str, str]]]:
    """Load given names and surnames in their own script with one usual romanisation."""
    people: dict[str, dict[str, dict[str, str]]] = load_yaml("scripts")["people"]
    return people
