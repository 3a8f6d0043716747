"""Changes of an organisation's name that make it another name in law."""

from __future__ import annotations

from dataclasses import replace

from matching.training.synthetic import typos
from matching.training.synthetic.organisations import (
    SyntheticOrganisation,
    sample_core_words,
    sample_organisation,
    sample_series_number,
)
from matching.training.synthetic.vocabulary import ROMAN, WordSampler

_CAPACITY_CLAUSES = (
    ", as Trustee of the {} Trust",
    ", as Trustee",
    " as Trustee for the {} Family Trust",
    ", as agent for {} Ltd",
    " as Nominee for {}",
    ", as Custodian of the {} Fund",
    ", not individually but solely as trustee of {} Trust 2006-1",
    " a/c {}",
)
_PUBLIC_PRIVATE_FORMS = {
    ("GB", "ltd"): "plc",
    ("IE", "ltd"): "plc",
    ("IN", "pvt"): "ltd",
    ("IN", "ltd"): "pvt",
    ("AU", "pty"): "ltd",
    ("SG", "pte"): "ltd",
    ("MY", "sdnbhd"): "bhd",
    ("FI", "oy"): "oyj",
    ("ZA", "pty"): "ltd",
    ("ES", "sa"): "sau",
    ("NO", "as"): "asa",
    ("RU", "ao"): "pao",
    ("GB", "plc"): "ltd",
    ("HU", "zrt"): "nyrt",
    ("AU", "ltd"): "pty",
    ("SG", "ltd"): "pte",
}
_QUALIFIERS = (
    "Northern",
    "Southern",
    "Eastern",
    "Western",
    "Upper",
    "Lower",
    "New",
    "Old",
    "First",
    "Second",
    "Greater",
)


def form_swap(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace the legal form by another one of the same jurisdiction (O10)."""
    forms = draw.vocabulary.forms[org.jurisdiction]
    families = [
        family for family in forms if family != org.family and not set(forms[family]) & set(forms[org.family])
    ]
    if not families:
        return None
    family = draw.choose(families)
    return replace(org, family=family, form=draw.choose(forms[family]), comma=draw.flip_coin(0.3))


def public_private_swap(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace the legal form by its public or private counterpart, such as Ltd and plc (O13)."""
    family = _PUBLIC_PRIVATE_FORMS.get((org.jurisdiction, org.family))
    return (
        replace(org, family=family, form=draw.choose(draw.vocabulary.forms[org.jurisdiction][family]))
        if family
        else None
    )


def drop_ampersand(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Delete ``&`` (O05)."""
    return replace(org, core=tuple(word for word in org.core if word != "&")) if "&" in org.core else None


def insert_generic_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Insert a word such as Bank or Trust into the name (O14)."""
    if not org.words:
        return None
    return replace(
        org,
        words=(draw.choose(["Bank", "Trust", "Associates", "Company", "Partners", "Charter"]), *org.words),
    )


def acronym(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace the words by their initials (O16)."""
    words = [word for word in (*org.core, *org.words) if word.isalpha()]
    return (
        replace(org, core=("".join(word[0].upper() for word in words),), words=()) if len(words) > 1 else None
    )


def change_core_letter(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Change one letter of a short distinctive word, which makes another company (O18)."""
    at = draw.random.randrange(len(org.core))
    if len(org.core[at]) > 5 or not org.core[at].isalnum():
        return None
    return replace(
        org, core=(*org.core[:at], typos.change_one_letter(draw, org.core[at]), *org.core[at + 1 :])
    )


def change_first_letter(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Change the beginning of a distinctive word, such as Larkin for Barkin (O18)."""
    word = org.core[0]
    if len(word) < 4 or not word.isalpha():
        return None
    return replace(org, core=(draw.choose_other(list("BCDFGHKLMNPRSTVZ"), word[0]) + word[1:], *org.core[1:]))


def homophone(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Spell a word as it sounds, such as Kwik for Quick (O19)."""
    pairs = [pair for pair in draw.vocabulary.homophones if pair[1] in org.core or pair[0] in org.core]
    if not pairs:
        return None
    one, two = pairs[0]
    return replace(org, core=tuple({one: two, two: one}.get(word, word) for word in org.core))


def sibling_number(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace the number or series by another of the same family of names (O20)."""
    if not org.number:
        return replace(org, number=sample_series_number(draw))
    if org.number in ROMAN:
        return replace(org, number=draw.choose_other(ROMAN, org.number))
    digits = [at for at, char in enumerate(org.number) if char.isdigit()]
    if not digits:
        return replace(org, number=org.number[:-1] + draw.choose_other(list("ABCDEFGHJK"), org.number[-1]))
    at = draw.random.choice(digits)
    return replace(
        org,
        number=org.number[:at] + draw.choose_other(list("123456789"), org.number[at]) + org.number[at + 1 :],
    )


def drop_number(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put the number on one side only (O20)."""
    return replace(org, number="") if org.number else None


def change_place(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put a place on one side only, or another place (O22)."""
    place = draw.choose(draw.vocabulary.places)
    if org.place:
        return replace(org, place=draw.choose(["", draw.choose_other(draw.vocabulary.places, org.place)]))
    return replace(org, place=draw.choose([f"({place})", place, f"of {place}"]))


def change_role(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put a word of group structure on one side only, or another one (O24)."""
    role = draw.choose_other(draw.vocabulary.roles, org.role)
    return replace(org, role=draw.choose(["", role]) if org.role else role) if role not in org.words else None


def add_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Add a word (O25)."""
    word = draw.choose(
        [
            draw.choose(draw.vocabulary.descriptive),
            draw.choose(draw.vocabulary.rare),
            draw.invent_stem(),
            draw.choose(_QUALIFIERS),
        ]
    )
    if word in org.words or word in org.core:
        return None
    if draw.flip_coin(0.35):
        return replace(org, core=(word, *org.core) if draw.flip_coin(0.4) else (*org.core, word))
    at = draw.random.randint(0, len(org.words))
    return replace(org, words=(*org.words[:at], word, *org.words[at:]))


def drop_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Delete a word (O25)."""
    if not org.words:
        return None
    at = draw.random.randrange(len(org.words))
    return replace(org, words=org.words[:at] + org.words[at + 1 :])


def replace_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace a descriptive word (O26)."""
    if not org.words:
        return None
    at = draw.random.randrange(len(org.words))
    new = draw.choose_other(draw.vocabulary.descriptive, org.words[at])
    if new in org.words or new[:4] == org.words[at][:4]:
        return None
    return replace(org, words=(*org.words[:at], new, *org.words[at + 1 :]))


def other_core(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace all distinctive words and keep the rest (O26)."""
    return replace(org, core=sample_core_words(draw))


def replace_core_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Replace one of several distinctive words (O26)."""
    if len(org.core) != 2:
        return None
    new = draw.choose([draw.invent_stem(), draw.choose(draw.vocabulary.rare)])
    return replace(org, core=(org.core[0], new) if draw.flip_coin(0.5) else (new, org.core[1]))


def trade_name_alone(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put a trade name in place of the legal name (O30)."""
    return replace(sample_organisation(draw), form="", words=(draw.choose(draw.vocabulary.descriptive),))


def former_name(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Put a former name, marked as such or not (O31)."""
    new = replace(sample_organisation(draw), jurisdiction=org.jurisdiction, family=org.family, form=org.form)
    marker = draw.choose(["f/k/a", "formerly known as", "fka", "n/k/a", "formerly"])
    return replace(new, tail=f" {marker} {replace(org, tail='').to_text()}" if draw.flip_coin(0.7) else "")


def affiliate(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Make another company of the group, which shares little but the distinctive word (O32)."""
    other = sample_organisation(draw)
    return (
        replace(other, core=org.core, words=other.words or (draw.choose(draw.vocabulary.descriptive),))
        if other.words != org.words
        else None
    )


def incorporation(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Turn a person's business into a company (O33)."""
    given = draw.choose(draw.vocabulary.cultures["english"].male)
    return replace(org, core=(given, draw.choose_surname(), "d/b/a", *org.core), form="")


def capacity(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Act for another estate (O35)."""
    return replace(org, tail=draw.choose(_CAPACITY_CLAUSES).format(draw.invent_stem()))


def replace_whole_name(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """Make a name that shares at most the legal form (O26)."""
    return replace(sample_organisation(draw), jurisdiction=org.jurisdiction, family=org.family, form=org.form)
