"""Composing names of organisations as structures, so that a difference goes exactly where it is meant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from matching.corpus.vocabulary import ROMAN, Draw

_PLACES_OF_FORMS = {"US": 34, "GB": 9, "DE": 7, "FR": 5, "JP": 4, "IN": 4, "CA": 3, "AU": 3, "IT": 3, "ES": 3}
_PLACES_OF_FORMS |= {"NL": 3, "CN": 3, "RU": 3, "BR": 3, "SG": 2}
_TAILS = ("Sons", "Co", "Partners", "Daughters", "Brothers", "Associates")


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation's name in parts; :meth:`text` prints it.

    ``jurisdiction`` and ``family`` say which legal form ``form`` is a spelling of; ``tail`` is anything
    printed after the form (a trade name, an annotation).
    """

    core: tuple[str, ...]
    words: tuple[str, ...] = ()
    place: str = ""
    role: str = ""
    number: str = ""
    jurisdiction: str = ""
    family: str = ""
    form: str = ""
    comma: bool = False
    article: str = ""
    tail: str = ""

    def text(self) -> str:
        """The name as printed."""
        body = [self.article, *self.core, self.place, *self.words, self.role, self.number]
        stem = " ".join(part for part in body if part)
        if not self.form:
            return stem + self.tail
        if self.family == "pt":
            return f"{self.form} {stem}{self.tail}"
        return f"{stem}{',' if self.comma else ''} {self.form}{self.tail}"


def place_of_form(draw: Draw) -> str:
    """A jurisdiction, the large ones more often."""
    if draw.chance(0.12):
        return draw.one(list(draw.words.forms))
    return draw.random.choices(list(_PLACES_OF_FORMS), list(_PLACES_OF_FORMS.values()))[0]


def core(draw: Draw) -> tuple[str, ...]:
    """One to three distinctive words: invented, ordinary but rare, a surname, initials, a compound."""
    way = draw.random.random()
    if way < 0.45:
        return (draw.stem(),)
    if way < 0.62:
        return (draw.one(draw.words.rare),)
    if way < 0.74:
        return (
            (draw.stem(), draw.one(draw.words.rare))
            if draw.chance(0.5)
            else (draw.one(draw.words.rare), draw.stem())
        )
    if way < 0.84:
        return (
            (draw.surname(),)
            if draw.chance(0.5)
            else (draw.surname(), "&", draw.one([*_TAILS, draw.surname()]))
        )
    if way < 0.92:
        return (draw.acronym(),)
    return (draw.one(draw.words.rare), draw.one(draw.words.descriptive))


def descriptive(draw: Draw) -> tuple[str, ...]:
    """No to three different words that say what the company does."""
    count = draw.random.choices((0, 1, 2, 3), (18, 47, 27, 8))[0]
    chosen = tuple(draw.one(draw.words.descriptive) for _ in range(count))
    return tuple(dict.fromkeys(chosen))


def number(draw: Draw) -> str:
    """A number as series names carry it."""
    year, small = draw.random.randint(1998, 2031), draw.random.randint(1, 30)
    letter = draw.one(list("ABCDEFGH"))
    return draw.one(
        [
            draw.one(ROMAN[1:]),
            str(small),
            f"No. {small}",
            f"{year}-{small % 9 + 1}",
            f"Series {letter}",
            str(year),
            f"Fund {small}",
        ]
    )


def organisation(draw: Draw, **fixed: Any) -> Organisation:
    """A new organisation; keyword arguments replace parts of it (``number="II"``)."""
    jurisdiction = place_of_form(draw)
    forms = draw.words.forms[jurisdiction]
    family = draw.one(list(forms)) if draw.chance(0.5) else next(iter(forms))
    drawn = Organisation(
        core=core(draw),
        words=descriptive(draw),
        place=draw.one(draw.words.places) if draw.chance(0.1) else "",
        role=draw.one(draw.words.roles) if draw.chance(0.15) else "",
        number=number(draw) if draw.chance(0.07) else "",
        jurisdiction=jurisdiction,
        family=family,
        form=draw.one(forms[family][:3]),
        comma=jurisdiction in ("US", "CA", "JP", "KY") and draw.chance(0.5),
    )
    return replace(drawn, **fixed)
