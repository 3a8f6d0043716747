"""Pairs of names in scripts other than Latin: the same name romanised, and another name.

Distinctive words are drawn syllable by syllable from tables with one usual romanisation each, so the truth
of a pair is known without any transliterator; spelling on the Latin side is then loosened as people spell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from matching.corpus import typos
from matching.corpus.vocabulary import Draw, read_data


class Syllables(NamedTuple):
    """One script: letters or syllables, descriptive words, legal forms in both scripts, how they are set."""

    sounds: dict[str, str]
    words: dict[str, str]
    native_forms: dict[str, list[str]]
    latin_forms: dict[str, list[str]]
    before: bool
    space: str
    length: tuple[int, int]


_LENGTHS = {
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
def scripts() -> dict[str, Syllables]:
    """All scripts the corpus writes, by name."""
    data = read_data("scripts")
    return {name: _script(data, name) for name in _LENGTHS}


def _script(data: dict[str, Any], name: str) -> Syllables:
    forms = data["forms"][name]
    return Syllables(
        data[name],
        data["words"][name],
        forms["native"],
        forms["latin"],
        forms["before"] == "true",
        forms["space"],
        _LENGTHS[name],
    )


class Written(NamedTuple):
    """One organisation in its own script and in Latin letters, by parts."""

    stem: tuple[str, str]
    word: tuple[str, str]
    form: str

    def native(self, draw: Draw, script: Syllables) -> str:
        """The name in its own script."""
        stem = self.stem[0].title() if script.sounds.get("а") or script.sounds.get("α") else self.stem[0]
        body = script.space.join(part for part in (stem, self.word[0]) if part)
        form = draw.one(script.native_forms[self.form])
        before = script.before and (script.space == " " or draw.chance(0.6))
        return script.space.join((form, body) if before else (body, form))

    def latin(self, draw: Draw, script: Syllables) -> str:
        """The name romanised, with the words rendered in English."""
        body = " ".join(part for part in (self.stem[1].title(), self.word[1]) if part)
        comma = draw.one(["", ","])
        return f"{body}{comma} {draw.one(script.latin_forms[self.form])}"


def _stem(draw: Draw, script: Syllables) -> tuple[str, str]:
    vowels = {"a", "e", "i", "o", "u"}
    alphabetic = len(set(script.sounds.values()) & vowels) >= 3 and script.length[1] > 5
    length, native, latin = draw.random.randint(*script.length), "", ""
    letters = list(script.sounds)
    while len(native) < length or not latin:
        letter = draw.one(
            [x for x in letters if not alphabetic or (script.sounds[x] in vowels) == (len(native) % 2 == 1)]
        )
        native, latin = native + letter, latin + script.sounds[letter]
    return native, latin


def written(draw: Draw, script: Syllables) -> Written:
    """A new organisation of that script."""
    word = draw.one(list(script.words)) if draw.chance(0.65) else ""
    return Written(
        _stem(draw, script), (word, script.words.get(word, "")), draw.one(list(script.native_forms))
    )


def _changed(draw: Draw, script: Syllables, name: Written) -> Written:
    way = draw.random.random()
    if way < 0.45:
        return name._replace(stem=_stem(draw, script))
    if way < 0.65:
        return name._replace(stem=_one_syllable(draw, script, name.stem))
    if way < 0.8 and len(script.words) > 1:
        word = draw.other(list(script.words), name.word[0])
        return name._replace(word=(word, script.words[word]))
    if way < 0.9 and len(script.native_forms) > 1:
        return name._replace(form=draw.other(list(script.native_forms), name.form))
    return written(draw, script)


def _one_syllable(draw: Draw, script: Syllables, stem: tuple[str, str]) -> tuple[str, str]:
    at = draw.random.randrange(len(stem[0]))
    if stem[0][at] not in script.sounds:
        return _stem(draw, script)
    new = draw.other(list(script.sounds), stem[0][at])
    native = stem[0][:at] + new + stem[0][at + 1 :]
    return native, "".join(script.sounds.get(letter, "") for letter in native)


def organisation_pair(draw: Draw, material: bool) -> tuple[str, str] | None:
    """A name and the same name in another writing, or another name (O36)."""
    script = scripts()[draw.one(list(_LENGTHS))]
    name = written(draw, script)
    other = _changed(draw, script, name) if material else name
    if material and other.stem == name.stem and other.word == name.word and other.form == name.form:
        return None
    if draw.chance(0.3):
        return name.native(draw, script), other.native(draw, script)
    latin = other.latin(draw, script)
    return name.native(draw, script), typos.sound(draw, latin) if draw.chance(0.2) else latin


def person_pair(draw: Draw, material: bool) -> tuple[str, str] | None:
    """A person in their own script and romanised, or another person (I20)."""
    people = read_people()
    names = people[draw.one(list(people))]
    given, surname = draw.one(list(names["given"])), draw.one(list(names["surname"]))
    other_given, other_surname = given, surname
    if material and draw.chance(0.6):
        other_given = draw.other(list(names["given"]), given)
    elif material:
        other_surname = draw.other(list(names["surname"]), surname)
    family_first = names is people["han"] or names is people["hangul"]
    native = f"{surname}{given}" if family_first else f"{given} {surname}"
    latin = (names["given"][other_given], names["surname"][other_surname])
    return native, draw.one(
        [f"{latin[0]} {latin[1]}", f"{latin[1]}, {latin[0]}", f"{latin[1].upper()} {latin[0]}"]
    )


@lru_cache(maxsize=1)
def read_people() -> dict[str, dict[str, dict[str, str]]]:
    """Given names and surnames in their own script with one usual romanisation."""
    people: dict[str, dict[str, dict[str, str]]] = read_data("scripts")["people"]
    return people
