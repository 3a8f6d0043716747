"""The differences between organisations' names that make another name in law."""

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
    """O10: another legal form of the same jurisdiction."""
    forms = draw.vocabulary.forms[org.jurisdiction]
    families = [
        family for family in forms if family != org.family and not set(forms[family]) & set(forms[org.family])
    ]
    if not families:
        return None
    family = draw.choose(families)
    return replace(org, family=family, form=draw.choose(forms[family]), comma=draw.flip_coin(0.3))


def public_private_swap(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O13: the public or private counterpart of the form (Ltd and plc)."""
    family = _PUBLIC_PRIVATE_FORMS.get((org.jurisdiction, org.family))
    return (
        replace(org, family=family, form=draw.choose(draw.vocabulary.forms[org.jurisdiction][family]))
        if family
        else None
    )


def drop_ampersand(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O05: ``&`` left out altogether."""
    return replace(org, core=tuple(word for word in org.core if word != "&")) if "&" in org.core else None


def insert_generic_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O14: a word such as Bank or Trust in the middle of the name."""
    if not org.words:
        return None
    return replace(
        org,
        words=(draw.choose(["Bank", "Trust", "Associates", "Company", "Partners", "Charter"]), *org.words),
    )


def acronym(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O16: the initials in place of the words."""
    words = [word for word in (*org.core, *org.words) if word.isalpha()]
    return (
        replace(org, core=("".join(word[0].upper() for word in words),), words=()) if len(words) > 1 else None
    )


def change_core_letter(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O18: a short distinctive word one letter away, which is another company."""
    at = draw.random.randrange(len(org.core))
    if len(org.core[at]) > 5 or not org.core[at].isalnum():
        return None
    return replace(
        org, core=(*org.core[:at], typos.change_one_letter(draw, org.core[at]), *org.core[at + 1 :])
    )


def change_first_letter(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O18: a distinctive word of another beginning (Larkin for Barkin)."""
    word = org.core[0]
    if len(word) < 4 or not word.isalpha():
        return None
    return replace(org, core=(draw.choose_other(list("BCDFGHKLMNPRSTVZ"), word[0]) + word[1:], *org.core[1:]))


def homophone(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O19: the word spelt as it sounds (Kwik for Quick)."""
    pairs = [pair for pair in draw.vocabulary.homophones if pair[1] in org.core or pair[0] in org.core]
    if not pairs:
        return None
    one, two = pairs[0]
    return replace(org, core=tuple({one: two, two: one}.get(word, word) for word in org.core))


def sibling_number(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O20: another number or series of the same family of names."""
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
    """O20: the number on one side only."""
    return replace(org, number="") if org.number else None


def change_place(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O22: a place on one side only, or another place."""
    place = draw.choose(draw.vocabulary.places)
    if org.place:
        return replace(org, place=draw.choose(["", draw.choose_other(draw.vocabulary.places, org.place)]))
    return replace(org, place=draw.choose([f"({place})", place, f"of {place}"]))


def change_role(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O24: a word of the group's structure on one side only, or another one."""
    role = draw.choose_other(draw.vocabulary.roles, org.role)
    return replace(org, role=draw.choose(["", role]) if org.role else role) if role not in org.words else None


def add_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O25: one more word."""
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
    """O25: one word fewer."""
    if not org.words:
        return None
    at = draw.random.randrange(len(org.words))
    return replace(org, words=org.words[:at] + org.words[at + 1 :])


def replace_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O26: another descriptive word."""
    if not org.words:
        return None
    at = draw.random.randrange(len(org.words))
    new = draw.choose_other(draw.vocabulary.descriptive, org.words[at])
    if new in org.words or new[:4] == org.words[at][:4]:
        return None
    return replace(org, words=(*org.words[:at], new, *org.words[at + 1 :]))


def other_core(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O26: other distinctive words, everything else the same."""
    return replace(org, core=sample_core_words(draw))


def replace_core_word(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O26: one of several distinctive words replaced."""
    if len(org.core) != 2:
        return None
    new = draw.choose([draw.invent_stem(), draw.choose(draw.vocabulary.rare)])
    return replace(org, core=(org.core[0], new) if draw.flip_coin(0.5) else (new, org.core[1]))


def trade_name_alone(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O30: a trade name where the legal name should be."""
    return replace(sample_organisation(draw), form="", words=(draw.choose(draw.vocabulary.descriptive),))


def former_name(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O31: a former name, marked or not."""
    new = replace(sample_organisation(draw), jurisdiction=org.jurisdiction, family=org.family, form=org.form)
    marker = draw.choose(["f/k/a", "formerly known as", "fka", "n/k/a", "formerly"])
    return replace(new, tail=f" {marker} {replace(org, tail='').to_text()}" if draw.flip_coin(0.7) else "")


def affiliate(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O32: a group company with the same distinctive word and little else."""
    other = sample_organisation(draw)
    return (
        replace(other, core=org.core, words=other.words or (draw.choose(draw.vocabulary.descriptive),))
        if other.words != org.words
        else None
    )


def incorporation(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O33: a person's business become a company."""
    given = draw.choose(draw.vocabulary.cultures["english"].male)
    return replace(org, core=(given, draw.choose_surname(), "d/b/a", *org.core), form="")


def capacity(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O35: acting for another estate."""
    return replace(org, tail=draw.choose(_CAPACITY_CLAUSES).format(draw.invent_stem()))


def replace_whole_name(draw: WordSampler, org: SyntheticOrganisation) -> SyntheticOrganisation | None:
    """O26: nothing in common but perhaps the form."""
    return replace(sample_organisation(draw), jurisdiction=org.jurisdiction, family=org.family, form=org.form)
