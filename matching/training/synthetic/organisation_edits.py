"""Edits of an organisation's name that leave it the same name in law.

Each edit takes an organisation and returns it with one difference of the taxonomy, or ``None`` when this
organisation has nothing to change. :mod:`~matching.training.synthetic.organisation_changes` holds the ones
that are material.
"""

from __future__ import annotations

import re
from dataclasses import replace

from matching.training.synthetic import typos
from matching.training.synthetic.organisations import SyntheticOrganisation
from matching.training.synthetic.vocabulary import NUMBER_WORDS, ROMAN, WordSampler

_TRADE_MARKERS = (" d/b/a {}", " dba {}", " D/B/A {}", " t/a {}", " trading as {}", ", doing business as {}")
_ANNOTATIONS = (
    " (in liquidation)",
    " (in administration)",
    " - in receivership",
    ", attn: Accounts Payable",
    " c/o {} Ltd",
    " (dissolved)",
    " (debtor-in-possession)",
)
_INCORPORATION_PLACES = {
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


def form_spelling(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Print the same legal form in another way (O08)."""
    spellings = [s for s in draw.vocabulary.forms[org.jurisdiction][org.family] if s != org.form]
    return (
        replace(org, form=draw.choose(spellings), comma=draw.flip_coin(0.3))
        if spellings and org.form
        else None
    )


def form_in_full(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Write the legal form in full in its own language (O09)."""
    longest = max(draw.vocabulary.forms[org.jurisdiction][org.family], key=len)
    return replace(org, form=longest, comma=False) if longest != org.form and len(longest) > 8 else None


def drop_form(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Delete the legal form (O11)."""
    return replace(org, form="") if org.form and (org.words or len(org.core) > 1) else None


def stack_forms(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Add a second ending before the legal form, such as Co., Inc. (O12)."""
    return replace(org, form=f"Co., {org.form}") if org.family in ("inc", "corp", "ltd", "llc") else None


def ampersand_swap(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Write ``&`` for ``and`` (O04)."""
    swapped = tuple({"&": "and", "and": "&"}.get(word, word) for word in org.core)
    return replace(org, core=swapped) if swapped != org.core else None


def article(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Add a leading ``The`` (O07)."""
    return replace(org, article="" if org.article else "The")


def join_words(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Join two words of the name (O02)."""
    if len(org.core) < 2 or "&" in org.core:
        return None
    return replace(org, core=(org.core[0] + draw.choose(["", "-"]) + org.core[1].lower(), *org.core[2:]))


def dot_initials(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put dots or spaces between initials (O03)."""
    first = org.core[0]
    if not (first.isupper() and first.isalpha() and len(first) <= 4):
        return None
    return replace(org, core=(draw.choose([".".join(first) + ".", " ".join(first)]), *org.core[1:]))


def digraph(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Write accented letters as the two letters of machine-readable documents (O06)."""
    return replace(org, core=tuple(word.translate(_DIGRAPHS) for word in org.core))


def abbreviate_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Abbreviate an ordinary word, such as Mfg. and Intl (O15)."""
    at = [index for index, word in enumerate(org.words) if word in draw.vocabulary.abbreviations]
    if not at:
        return None
    chosen = draw.random.choice(at)
    short = draw.choose(draw.vocabulary.abbreviations[org.words[chosen]]) + draw.choose(["", "", "."])
    return replace(org, words=(*org.words[:chosen], short, *org.words[chosen + 1 :]))


def generic_misprint(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Misprint a descriptive word (O17)."""
    if not org.words:
        return None
    at = draw.random.randrange(len(org.words))
    return replace(org, words=(*org.words[:at], typos.misprint(draw, org.words[at]), *org.words[at + 1 :]))


def long_misprint(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Misprint a long distinctive word; a changed short word is another company (O18)."""
    at = draw.random.randrange(len(org.core))
    word = org.core[at]
    if len(word) < 6 or word.isupper():
        return None
    return replace(org, core=(*org.core[:at], typos.misprint(draw, word), *org.core[at + 1 :]))


def respell_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Transliterate or spell a foreign word in another usual way (O36)."""
    at = draw.random.randrange(len(org.core))
    word = org.core[at]
    if len(word) < 5 or word.isupper():
        return None
    return replace(
        org,
        core=(
            *org.core[:at],
            typos.respell_sound(draw, typos.substitute_vowel(draw, word)),
            *org.core[at + 1 :],
        ),
    )


def number_notation(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Write the same number in Roman or Arabic numerals or in words (O21)."""
    ways = next((notations for notations in _list_notations() if org.number in notations), None)
    return replace(org, number=draw.choose_other(ways, org.number)) if ways else None


def _list_notations() -> list[list[str]]:
    return [[ROMAN[at], str(at + 1), NUMBER_WORDS[at]] for at in range(12)]


def reformat_number(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Write ``No. 4`` as ``No 4`` or ``#4``, the hyphen of a series as a space or slash (O03)."""
    written = re.sub(r"^No\. ", draw.choose(["No ", "#", "Number "]), org.number).replace(
        "-", draw.choose([" ", "/"])
    )
    return replace(org, number=written) if written != org.number else None


def domestic_note(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Add the place of incorporation in parentheses (O23)."""
    place = _INCORPORATION_PLACES.get(org.jurisdiction)
    return replace(org, tail=draw.choose([f" ({place})", f", a {place} company"])) if place else None


def word_order(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Exchange two descriptive words (O27)."""
    if len(org.words) < 2:
        return None
    return replace(org, words=(org.words[1], org.words[0], *org.words[2:]))


def plural_swap(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put a descriptive word into the plural or singular (O28)."""
    if not org.words:
        return None
    last = org.words[-1]
    turned = last[:-1] if last.endswith("s") and not last.endswith("ss") else f"{last}s"
    return replace(org, words=(*org.words[:-1], turned))


def trade_name(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Append a trade name (O29)."""
    brand = (
        f"{draw.invent_stem()} {draw.choose(draw.vocabulary.descriptive)}"
        if draw.flip_coin(0.5)
        else f"{org.core[0]} {draw.choose(draw.vocabulary.descriptive)}"
    )
    return replace(org, tail=draw.choose(_TRADE_MARKERS).format(brand))


def annotate_name(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Append a note or an address (O40)."""
    return replace(org, tail=draw.choose(_ANNOTATIONS).format(draw.invent_stem()))


def domain_ending(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Add the ending of a web address (O37)."""
    if len(org.core) > 1 or not org.core[0].isalpha():
        return None
    return replace(org, core=(org.core[0] + draw.choose([".com", ".net", ".co.uk", ".de"]),))


def misread_character(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace a character by one that looks alike, as scanners and forgers do (O39)."""
    at = draw.random.randrange(len(org.core))
    make = typos.substitute_ocr_confusion if draw.flip_coin(0.6) else typos.substitute_homoglyph
    word = org.core[at]
    return (
        replace(org, core=(*org.core[:at], make(draw, word), *org.core[at + 1 :])) if len(word) > 3 else None
    )


def division(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Add a branch or division of the same legal person (O34)."""
    return replace(
        org,
        tail=draw.choose(
            [
                f", {draw.choose(draw.vocabulary.places)} Branch",
                f" - {draw.choose(draw.vocabulary.descriptive)} Division",
            ]
        ),
    )


def truncate_name(draw: WordSampler, left: str) -> str | None:
    """Truncate to the length of a field: 35, 40 or 70 characters (O38)."""
    lengths = [length for length in (35, 40, 70) if len(left) > length + 1]
    return left[: lengths[-1]].rstrip() if lengths else None
