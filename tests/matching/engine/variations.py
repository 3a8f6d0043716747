"""Ways of writing a name otherwise: those that leave it the same name, and those that may make another.

Every function takes a name and gives the changed one, or the name itself where the change does not apply.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Change = Callable[[str], str]

QUOTES = ('"{}"', "“{}”", "«{}»", "„{}“")


def replace(pattern: str, new: str) -> Change:
    """Return the change of the first place where a pattern of words stands."""
    return lambda name: re.sub(pattern, new, name, count=1)


def _change_longest_word(change: Change) -> Change:
    """Return the change of the longest word alone, the first of several."""

    def change_name(name: str) -> str:
        word = max(re.findall(r"\w+", name), key=len)
        return name.replace(word, change(word), 1)

    return change_name


def reverse_words(name: str) -> str:
    """Write the words in the opposite order."""
    return " ".join(reversed(name.split()))


def move_first_word(name: str) -> str:
    """Write the first word last, after a comma where there are two words."""
    first, _, rest = name.partition(" ")
    return f"{rest}, {first}" if rest else name


def shorten_first_word(name: str) -> str:
    """Write the initial of the first word."""
    first, _, rest = name.partition(" ")
    return f"{first[0]}. {rest}" if rest and first.isalpha() else name


def drop_word(at: int) -> Change:
    """Return the change that leaves the word at a position out, where two remain."""
    return lambda name: (
        " ".join([*name.split()[:at], *name.split()[at + 1 :]]) if name.count(" ") > 1 else name
    )


def drop_last_word(name: str) -> str:
    """Leave the last word out: the legal form, or the surname."""
    return name.rpartition(" ")[0] or name


MEANINGLESS: dict[str, Change] = {
    "double space": lambda name: name.replace(" ", "  "),
    "outer spaces": lambda name: f" {name} ",
    "no-break space": lambda name: name.replace(" ", "\u00a0"),
    "full stop": lambda name: f"{name}.",
    "comma": lambda name: f"{name},",
    "two commas": lambda name: f"{name},,",
    "NFD": lambda name: unicodedata.normalize("NFD", name),
    "NFKC": lambda name: unicodedata.normalize("NFKC", name),
    "quotes": QUOTES[0].format,
    "curly quotes": QUOTES[1].format,
    "guillemets": QUOTES[2].format,
    "German quotes": QUOTES[3].format,
}
"""Changes that mean nothing: they never change a verdict of a profile that reads more than the texts."""

SUBSTANTIAL: dict[str, Change] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "other form": replace(
        r"(?i)\b(inc|llc|ltd|limited|gmbh|corp|s\.?a|ag|b\.?v|plc|ооо|s\.?r\.?l|kft|as|oy)\b\.?", "LLP"
    ),
    "form in English": replace(r"\b(GmbH|S\.A\.|B\.V\.|S\.p\.A\.|ООО|株式会社|AG|Oy|AS)(?!\w)", "Ltd"),
    "form spelled out": replace(r"\b(Inc|LLC|Ltd|GmbH|Corp)\b\.?", "Incorporated"),
    "form dropped": drop_last_word,
    "form added": lambda name: f"{name} Ltd",
    "form spaced": replace(r"\b([A-Z])\.([A-Z])\.", r"\1. \2."),
    "form inside": lambda name: name.replace(" ", " Inc. ", 1),
    "number added": lambda name: f"{name} 2",
    "other number": replace(r"\b(II|III|2|7|21|40|2020|2001)\b", "5"),
    "numbers joined": replace(r"(\d)[-/ ](\d)", r"\1\2"),
    "word added": lambda name: name.replace(" ", " Brackwood ", 1),
    "role word added": lambda name: name.replace(" ", " Holdings ", 1),
    "place added": lambda name: name.replace(" ", " Texas ", 1),
    "word in front": lambda name: f"Brackwood {name}",
    "article": lambda name: f"The {name}",
    "first word dropped": drop_word(0),
    "second word dropped": drop_word(1),
    "words reversed": reverse_words,
    "first word last": move_first_word,
    "initial": shorten_first_word,
    "and": replace(r" & | and | y | und ", " + "),
    "letter replaced": _change_longest_word(lambda word: f"{word[:2]}x{word[3:]}"),
    "letter dropped": _change_longest_word(lambda word: word[:3] + word[4:]),
    "letter doubled": _change_longest_word(lambda word: word[:3] + word[2:]),
    "letters exchanged": _change_longest_word(lambda word: word[:2] + word[3:4] + word[2:3] + word[4:]),
    "plural": _change_longest_word(lambda word: f"{word}s"),
    "no accents": lambda name: "".join(
        char for char in unicodedata.normalize("NFD", name) if not unicodedata.combining(char)
    ),
    "no marks": lambda name: re.sub(r"[^\w\s]", "", name),
    "hyphens": lambda name: name.replace(" ", "-", 1),
    "look-alike": lambda name: name.replace("a", "\u0430", 1),
    "trade name": lambda name: f"{name} d/b/a Quillfish",
    "former name": lambda name: f"{name} f/k/a Brackwood Ltd",
    "capacity": lambda name: f"{name}, as Trustee of the Brackwood Trust",
    "annotation": lambda name: f"{name} c/o Brackwood Ltd",
    "title": lambda name: f"Dr. {name}",
    "suffix": lambda name: f"{name} Jr.",
    "nickname": replace(r"\b(William|Robert|Charles|Margaret|John|James)\b", "Bob"),
    "abbreviation": replace(r"(?i)\b(international|technologies|manufacturing|associates)\b", "Intl"),
}
"""Changes that may make another name; the verdict depends on the profile."""
SUBSTANTIAL["other words"] = lambda name: " ".join(["Brackwood", *name.split()[1:]])

ADDITIONS: dict[str, Change] = {
    "number": lambda name: f"{name} 9",
    "word": lambda name: name.replace(" ", " Quarrendon ", 1),
    "word in front": lambda name: f"Quarrendon {name}",
    "role word": lambda name: name.replace(" ", " Group ", 1),
    "place": lambda name: name.replace(" ", " Ohio ", 1),
    "suffix": lambda name: f"{name} Sr.",
    "former name": lambda name: f"{name} f/k/a Quarrendon Ltd",
    "capacity": lambda name: f"{name}, as Trustee of the Quarrendon Trust",
    "other form": SUBSTANTIAL["other form"],
    "first word replaced": lambda name: " ".join(["Quarrendon", *name.split()[1:]]),
    "last word replaced": lambda name: " ".join([*name.split()[:-1], "Quarrendon"]),
    "longest word replaced": _change_longest_word(lambda _: "Quarrendon"),
}
"""Differences to add to a name that already differs; none of them puts back what was changed."""
