"""Ways of writing a name that leave it the same: case, punctuation, spaces, accents, ``&``.

Each function returns the name written in another way; applied to one side of a pair, it leaves the label
unchanged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from matching.training.synthetic.vocabulary import WordSampler

_STROKE_LETTERS = {
    ord(letter): plain for letter, plain in zip("øØłŁßı", ("o", "O", "l", "L", "ss", "i"), strict=True)
}


def recase(draw: WordSampler, name: str) -> str:
    """Write the name in capitals, in small letters or with each word capitalised."""
    return draw.choose([name.upper(), name.upper(), name.lower(), name.title()])


def repunctuate(draw: WordSampler, name: str) -> str:
    """Delete commas and full stops, or turn hyphens between words into spaces."""
    bare = re.sub(r"(?<=\w)\.(?=\s|$)|,(?=\s)|(?<=[A-Za-z])\.(?=[A-Za-z]\b)", "", name)
    return draw.choose([bare, name.replace(",", ""), name.replace("-", " "), re.sub(r"\.$", "", name)])


def respace(draw: WordSampler, name: str) -> str:
    """Add doubled, no-break or outer spaces."""
    return draw.choose([name.replace(" ", "  ", 1), f" {name}", name.replace(" ", "\u00a0", 1), f"{name} "])


def swap_and(draw: WordSampler, name: str) -> str:
    """Replace ``and`` by ``&`` or the reverse."""
    return re.sub(r"\band\b", "&", name, flags=re.I) if "&" not in name else name.replace("&", "and")


def unaccent(draw: WordSampler, name: str) -> str:
    """Remove accents."""
    flat = name.translate(_STROKE_LETTERS)
    return "".join(char for char in unicodedata.normalize("NFKD", flat) if not unicodedata.combining(char))


_REWRITES: tuple[tuple[str, Callable[[WordSampler, str], str], float], ...] = (
    ("case", recase, 50), ("punctuation", repunctuate, 28), ("space", respace, 6), ("and", swap_and, 6),
    ("accents", unaccent, 10),
)  # fmt: skip

_CATEGORIES = {
    "organisation": {"case": "O01", "punctuation": "O03", "space": "O02", "and": "O04", "accents": "O06"},
    "individual": {"case": "I01", "punctuation": "I01", "space": "I01", "and": "I01", "accents": "I02"},
}


def rewrite(draw: WordSampler, name: str, kind: str) -> tuple[str, str]:
    """Write the name in another way; return it with the category of the change, ``""`` for none."""
    labels, makes, weights = zip(*_REWRITES, strict=True)
    at = draw.random.choices(range(len(labels)), weights)[0]
    written = makes[at](draw, name)
    return (written, _CATEGORIES[kind][labels[at]]) if written != name else (name, "")
