"""Composition of people's names as structures, in the orders and styles of several cultures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from matching.training.synthetic.vocabulary import Culture, WordSampler

_MANNER_WEIGHTS = (
    ("given", 60),
    ("comma", 14),
    ("caps-comma", 12),
    ("caps", 8),
    ("family", 3),
    ("family-caps", 3),
)


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """A person's name in parts; :meth:`text` prints it in its manner.

    ``manner``: ``given`` (John A. Smith), ``comma`` (Smith, John A.), ``caps-comma`` (SMITH, John A.),
    ``caps`` (JOHN A. SMITH), ``family`` (Smith John), ``family-caps`` (SMITH John).
    """

    given: str
    middles: tuple[str, ...]
    surnames: tuple[str, ...]
    culture: str
    particle: str = ""
    patronymic: str = ""
    suffix: str = ""
    title: str = ""
    postnominal: str = ""
    manner: str = "given"
    tail: str = ""
    joiner: str = " "

    def to_text(self) -> str:
        """Return the printed name."""
        family = self.joiner.join(self.surnames)
        family = f"{self.particle} {family}" if self.particle else family
        first = " ".join(part for part in (self.given, *self.middles, self.patronymic) if part)
        body = self._arrange(family, first)
        end = f", {self.postnominal}" if self.postnominal else ""
        return " ".join(part for part in (self.title, body) if part) + end + self.tail

    def _arrange(self, family: str, first: str) -> str:
        suffix = f" {self.suffix}" if self.suffix else ""
        match self.manner:
            case "comma":
                return f"{family}{suffix}, {first}" if first else family + suffix
            case "caps-comma":
                return f"{family.upper()}{suffix}, {first}" if first else family.upper() + suffix
            case "caps":
                return f"{first} {family}{suffix}".upper().strip()
            case "family":
                return f"{family} {first}{suffix}".strip()
            case "family-caps":
                return f"{family.upper()} {first}{suffix}".strip()
            case _:
                return f"{first} {family}{suffix}".strip()


def sample_manner(draw: WordSampler) -> str:
    """Draw a style of printing a person's name, most often given name first."""
    names, weights = zip(*_MANNER_WEIGHTS, strict=True)
    return str(draw.random.choices(names, weights)[0])


def sample_given_name(draw: WordSampler, culture: Culture) -> str:
    """Draw a given name of the culture."""
    return draw.choose(culture.male if draw.flip_coin(0.55) else culture.female)


def _sample_middle_names(draw: WordSampler, culture: Culture) -> tuple[str, ...]:
    if culture.order in ("family", "patronymic") or draw.flip_coin(0.55):
        return ()
    middle = sample_given_name(draw, culture)
    return (f"{middle[0]}.",) if draw.flip_coin(0.35) else (middle,)


def sample_person(draw: WordSampler, **fixed: Any) -> SyntheticPerson:
    """Compose a new person; keyword arguments replace parts (``suffix="Jr."``). English names are the most
    frequent.
    """
    name = "english" if draw.flip_coin(0.4) else draw.choose(list(draw.vocabulary.cultures))
    if "culture" in fixed:
        name = fixed["culture"]
    culture = draw.vocabulary.cultures[name]
    count = 2 if culture.order == "double" and draw.flip_coin(0.6) else 1
    drawn = SyntheticPerson(
        given=sample_given_name(draw, culture),
        middles=_sample_middle_names(draw, culture),
        surnames=tuple(draw.random.sample(culture.surname, count)),
        culture=name,
        patronymic=draw.choose(culture.patronymic) if culture.patronymic and draw.flip_coin(0.5) else "",
        manner="family" if culture.order == "family" and draw.flip_coin(0.5) else sample_manner(draw),
    )
    return replace(drawn, **fixed)
