"""Composition of organisations' names as structures, so that an edit changes exactly one part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from matching.training.synthetic.vocabulary import ROMAN, WordSampler

_JURISDICTION_WEIGHTS = {
    "US": 34,
    "GB": 9,
    "DE": 7,
    "FR": 5,
    "JP": 4,
    "IN": 4,
    "CA": 3,
    "AU": 3,
    "IT": 3,
    "ES": 3,
}
_JURISDICTION_WEIGHTS |= {"NL": 3, "CN": 3, "RU": 3, "BR": 3, "SG": 2}
_PARTNER_WORDS = ("Sons", "Co", "Partners", "Daughters", "Brothers", "Associates")


@dataclass(frozen=True, slots=True)
class SyntheticOrganisation:
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

    def to_text(self) -> str:
        """Return the printed name."""
        body = [self.article, *self.core, self.place, *self.words, self.role, self.number]
        stem = " ".join(part for part in body if part)
        if not self.form:
            return stem + self.tail
        if self.family == "pt":
            return f"{self.form} {stem}{self.tail}"
        return f"{stem}{',' if self.comma else ''} {self.form}{self.tail}"


def sample_jurisdiction(draw: WordSampler) -> str:
    """Draw a jurisdiction, large ones more often."""
    if draw.flip_coin(0.12):
        return draw.choose(list(draw.vocabulary.forms))
    return draw.random.choices(list(_JURISDICTION_WEIGHTS), list(_JURISDICTION_WEIGHTS.values()))[0]


def sample_core_words(draw: WordSampler) -> tuple[str, ...]:
    """Draw one to three distinctive words: invented, rare, a surname, initials or a compound."""
    way = draw.random.random()
    if way < 0.45:
        return (draw.invent_stem(),)
    if way < 0.62:
        return (draw.choose(draw.vocabulary.rare),)
    if way < 0.74:
        return (
            (draw.invent_stem(), draw.choose(draw.vocabulary.rare))
            if draw.flip_coin(0.5)
            else (draw.choose(draw.vocabulary.rare), draw.invent_stem())
        )
    if way < 0.84:
        return (
            (draw.choose_surname(),)
            if draw.flip_coin(0.5)
            else (draw.choose_surname(), "&", draw.choose([*_PARTNER_WORDS, draw.choose_surname()]))
        )
    if way < 0.92:
        return (draw.invent_acronym(),)
    return (draw.choose(draw.vocabulary.rare), draw.choose(draw.vocabulary.descriptive))


def sample_descriptive_words(draw: WordSampler) -> tuple[str, ...]:
    """Draw up to three different words that describe the business."""
    count = draw.random.choices((0, 1, 2, 3), (18, 47, 27, 8))[0]
    chosen = tuple(draw.choose(draw.vocabulary.descriptive) for _ in range(count))
    return tuple(dict.fromkeys(chosen))


def sample_series_number(draw: WordSampler) -> str:
    """Draw a number of a series of names."""
    year, small = draw.random.randint(1998, 2031), draw.random.randint(1, 30)
    letter = draw.choose(list("ABCDEFGH"))
    return draw.choose(
        [
            draw.choose(ROMAN[1:]),
            str(small),
            f"No. {small}",
            f"{year}-{small % 9 + 1}",
            f"Series {letter}",
            str(year),
            f"Fund {small}",
        ]
    )


def sample_organisation(draw: WordSampler, **fixed: Any) -> SyntheticOrganisation:
    """Compose a new organisation; keyword arguments replace parts of it (``number="II"``)."""
    jurisdiction = sample_jurisdiction(draw)
    forms = draw.vocabulary.forms[jurisdiction]
    family = draw.choose(list(forms)) if draw.flip_coin(0.5) else next(iter(forms))
    drawn = SyntheticOrganisation(
        core=sample_core_words(draw),
        words=sample_descriptive_words(draw),
        place=draw.choose(draw.vocabulary.places) if draw.flip_coin(0.1) else "",
        role=draw.choose(draw.vocabulary.roles) if draw.flip_coin(0.15) else "",
        number=sample_series_number(draw) if draw.flip_coin(0.07) else "",
        jurisdiction=jurisdiction,
        family=family,
        form=draw.choose(forms[family][:3]),
        comma=jurisdiction in ("US", "CA", "JP", "KY") and draw.flip_coin(0.5),
    )
    return replace(drawn, **fixed)
