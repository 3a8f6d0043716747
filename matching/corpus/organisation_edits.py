"""The differences between organisations' names that leave the name the same in law.

Each edit takes an organisation and gives it back with one difference of the taxonomy, or ``None`` when this
organisation has nothing to change. :mod:`~matching.corpus.organisation_changes` holds the ones that are
material.
"""

from __future__ import annotations

import re
from dataclasses import replace

from matching.corpus import surface, typos
from matching.corpus.organisations import Organisation
from matching.corpus.vocabulary import NUMBER_WORDS, ROMAN, Draw

_TRADE_MARKERS = (" d/b/a {}", " dba {}", " D/B/A {}", " t/a {}", " trading as {}", ", doing business as {}")
_NOTES = (
    " (in liquidation)",
    " (in administration)",
    " - in receivership",
    ", attn: Accounts Payable",
    " c/o {} Ltd",
    " (dissolved)",
    " (debtor-in-possession)",
)
_FULL_NAMES = {
    "US": "Delaware",
    "GB": "England",
    "DE": "Germany",
    "JP": "Japan",
    "AE": "Dubai",
    "KY": "Cayman Islands",
}
_DIGRAPHS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "å": "aa",
        "ø": "oe",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "Å": "Aa",
        "Ø": "Oe",
        "ß": "ss",
    }
)


def form_spelling(draw: Draw, org: Organisation) -> Organisation | None:
    """O08: the same legal form printed in another way."""
    spellings = [s for s in draw.words.forms[org.jurisdiction][org.family] if s != org.form]
    return replace(org, form=draw.one(spellings), comma=draw.chance(0.3)) if spellings and org.form else None


def form_in_full(draw: Draw, org: Organisation) -> Organisation | None:
    """O09: the full wording of the legal form in its own language."""
    longest = max(draw.words.forms[org.jurisdiction][org.family], key=len)
    return replace(org, form=longest, comma=False) if longest != org.form and len(longest) > 8 else None


def form_missing(draw: Draw, org: Organisation) -> Organisation | None:
    """O11: the legal form left out."""
    return replace(org, form="") if org.form and (org.words or len(org.core) > 1) else None


def form_stacked(draw: Draw, org: Organisation) -> Organisation | None:
    """O12: a second ending before the legal form (Co., Inc.)."""
    return replace(org, form=f"Co., {org.form}") if org.family in ("inc", "corp", "ltd", "llc") else None


def ampersand(draw: Draw, org: Organisation) -> Organisation | None:
    """O04: ``&`` for ``and``."""
    swapped = tuple({"&": "and", "and": "&"}.get(word, word) for word in org.core)
    return replace(org, core=swapped) if swapped != org.core else None


def article(draw: Draw, org: Organisation) -> Organisation | None:
    """O07: a leading ``The``."""
    return replace(org, article="" if org.article else "The")


def joined(draw: Draw, org: Organisation) -> Organisation | None:
    """O02: two words of the name written as one."""
    if len(org.core) < 2 or "&" in org.core:
        return None
    return replace(org, core=(org.core[0] + draw.one(["", "-"]) + org.core[1].lower(), *org.core[2:]))


def dotted(draw: Draw, org: Organisation) -> Organisation | None:
    """O03: initials with dots or spaces between them."""
    first = org.core[0]
    if not (first.isupper() and first.isalpha() and len(first) <= 4):
        return None
    return replace(org, core=(draw.one([".".join(first) + ".", " ".join(first)]), *org.core[1:]))


def digraph(draw: Draw, org: Organisation) -> Organisation | None:
    """O06: accented letters as the two letters machine-readable documents print."""
    return replace(org, core=tuple(word.translate(_DIGRAPHS) for word in org.core))


def abbreviated(draw: Draw, org: Organisation) -> Organisation | None:
    """O15: an ordinary word shortened (Mfg., Intl)."""
    at = [index for index, word in enumerate(org.words) if word in draw.words.abbreviations]
    if not at:
        return None
    chosen = draw.random.choice(at)
    short = draw.one(draw.words.abbreviations[org.words[chosen]]) + draw.one(["", "", "."])
    return replace(org, words=(*org.words[:chosen], short, *org.words[chosen + 1 :]))


def generic_misprint(draw: Draw, org: Organisation) -> Organisation | None:
    """O17: a misprint in a word that only describes."""
    if not org.words:
        return None
    at = draw.random.randrange(len(org.words))
    return replace(org, words=(*org.words[:at], typos.misprint(draw, org.words[at]), *org.words[at + 1 :]))


def long_misprint(draw: Draw, org: Organisation) -> Organisation | None:
    """O18: a misprint in a long distinctive word (short words are other companies)."""
    at = draw.random.randrange(len(org.core))
    word = org.core[at]
    if len(word) < 6 or word.isupper():
        return None
    return replace(org, core=(*org.core[:at], typos.misprint(draw, word), *org.core[at + 1 :]))


def respelt(draw: Draw, org: Organisation) -> Organisation | None:
    """O36: a foreign word transliterated or spelt in another usual way."""
    at = draw.random.randrange(len(org.core))
    word = org.core[at]
    if len(word) < 5 or word.isupper():
        return None
    return replace(
        org, core=(*org.core[:at], typos.sound(draw, typos.vowel(draw, word)), *org.core[at + 1 :])
    )


def number_notation(draw: Draw, org: Organisation) -> Organisation | None:
    """O21: the same number in Roman, Arabic or words."""
    ways = next((notations for notations in _notations() if org.number in notations), None)
    return replace(org, number=draw.other(ways, org.number)) if ways else None


def _notations() -> list[list[str]]:
    return [[ROMAN[at], str(at + 1), NUMBER_WORDS[at]] for at in range(12)]


def spaced_code(draw: Draw, org: Organisation) -> Organisation | None:
    """O03: ``No. 4`` as ``No 4`` or ``#4``, a hyphen in a series dropped."""
    written = re.sub(r"^No\. ", draw.one(["No ", "#", "Number "]), org.number).replace(
        "-", draw.one([" ", "/"])
    )
    return replace(org, number=written) if written != org.number else None


def domestic_note(draw: Draw, org: Organisation) -> Organisation | None:
    """O23: the place of incorporation added in parentheses."""
    place = _FULL_NAMES.get(org.jurisdiction)
    return replace(org, tail=draw.one([f" ({place})", f", a {place} company"])) if place else None


def word_order(draw: Draw, org: Organisation) -> Organisation | None:
    """O27: two descriptive words exchanged."""
    if len(org.words) < 2:
        return None
    return replace(org, words=(org.words[1], org.words[0], *org.words[2:]))


def plural(draw: Draw, org: Organisation) -> Organisation | None:
    """O28: a descriptive word in the plural or singular."""
    if not org.words:
        return None
    last = org.words[-1]
    turned = last[:-1] if last.endswith("s") and not last.endswith("ss") else f"{last}s"
    return replace(org, words=(*org.words[:-1], turned))


def trade_name(draw: Draw, org: Organisation) -> Organisation | None:
    """O29: a trade name appended."""
    brand = (
        f"{draw.stem()} {draw.one(draw.words.descriptive)}"
        if draw.chance(0.5)
        else f"{org.core[0]} {draw.one(draw.words.descriptive)}"
    )
    return replace(org, tail=draw.one(_TRADE_MARKERS).format(brand))


def annotated(draw: Draw, org: Organisation) -> Organisation | None:
    """O40: a note or an address in the name field."""
    return replace(org, tail=draw.one(_NOTES).format(draw.stem()))


def domain(draw: Draw, org: Organisation) -> Organisation | None:
    """O37: the name with a web ending."""
    if len(org.core) > 1 or not org.core[0].isalpha():
        return None
    return replace(org, core=(org.core[0] + draw.one([".com", ".net", ".co.uk", ".de"]),))


def scanned(draw: Draw, org: Organisation) -> Organisation | None:
    """O39: a character a scanner or a forger takes for another."""
    at = draw.random.randrange(len(org.core))
    make = typos.scanned if draw.chance(0.6) else typos.look_alike
    word = org.core[at]
    return (
        replace(org, core=(*org.core[:at], make(draw, word), *org.core[at + 1 :])) if len(word) > 3 else None
    )


def division(draw: Draw, org: Organisation) -> Organisation | None:
    """O34: a branch or division of the same legal person."""
    return replace(
        org,
        tail=draw.one(
            [f", {draw.one(draw.words.places)} Branch", f" - {draw.one(draw.words.descriptive)} Division"]
        ),
    )


def truncated(draw: Draw, left: str) -> str | None:
    """O38: cut at the length of a field (35, 40 or 70 characters)."""
    lengths = [length for length in (35, 40, 70) if len(left) > length + 1]
    return left[: lengths[-1]].rstrip() if lengths else None


def rewritten(draw: Draw, text: str) -> tuple[str, str]:
    """The name in another case, punctuation or spacing, with the taxonomy id."""
    return surface.rewrite(draw, text, "organisation")
