"""The differences between people's names, harmless ones first; categories are the taxonomy's I01 to I27."""

from __future__ import annotations

from dataclasses import replace

from matching.training.synthetic import surface, typos
from matching.training.synthetic.people import SyntheticPerson, sample_given_name, sample_manner
from matching.training.synthetic.vocabulary import Spellings, WordSampler


def _choose_variant(draw: WordSampler, groups: tuple[Spellings, ...], word: str) -> str:
    ways = [spelling for group in groups if word in group for spelling in group if spelling != word]
    return draw.choose(ways) if ways else word


def change_manner(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I03: surname first with a comma, or the other way round."""
    return replace(who, manner=sample_manner(draw))


def strip_accents(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I02: accents dropped."""
    plain = tuple(surface.unaccent(draw, word) for word in who.surnames)
    return replace(who, given=surface.unaccent(draw, who.given), surnames=plain)


def first_initial(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I04: the given name as an initial."""
    return replace(who, given=draw.choose([f"{who.given[0]}.", who.given[0]])) if len(who.given) > 2 else None


def drop_middle_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I05: the middle name left out."""
    return replace(who, middles=()) if who.middles else None


def middle_initial(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I06: the middle name as an initial."""
    if not who.middles or len(who.middles[0]) < 3:
        return None
    return replace(who, middles=(who.middles[0][0] + draw.choose([".", ""]),))


def nickname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I08: the short form of the given name."""
    short = draw.vocabulary.nicknames.get(who.given)
    return replace(who, given=draw.choose(short)) if short else None


def respell_given_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I09: the given name in another usual spelling."""
    return replace(who, given=_choose_variant(draw, draw.vocabulary.spellings, who.given))


def misprint_surname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I10: a misprint in a surname of at least five letters."""
    at = draw.random.randrange(len(who.surnames))
    if len(who.surnames[at]) < 5:
        return None
    wrong = typos.misprint(draw, who.surnames[at])
    return replace(who, surnames=(*who.surnames[:at], wrong, *who.surnames[at + 1 :]))


def misprint_given_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I09: a misprint in a given name of at least five letters."""
    wrong = typos.misprint(draw, who.given) if len(who.given) > 4 else who.given
    known = {
        name for culture in draw.vocabulary.cultures.values() for name in (*culture.male, *culture.female)
    }
    return replace(who, given=wrong) if wrong not in known else None


def toggle_suffix(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I13: the generational suffix on one side only."""
    return replace(who, suffix="" if who.suffix else draw.choose(draw.vocabulary.suffixes))


def add_title(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I14: a title or letters after the name."""
    if draw.flip_coin(0.6):
        return replace(who, title=draw.choose(draw.vocabulary.titles))
    return replace(who, postnominal=draw.choose(draw.vocabulary.postnominals))


def drop_second_surname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I16, I17: one of two surnames left out (the last of a Hispanic pair, either of a hyphenated one)."""
    return replace(who, surnames=who.surnames[:1]) if len(who.surnames) > 1 else None


def toggle_hyphen(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I01: a hyphen for a space between two surnames."""
    return replace(who, joiner="-" if who.joiner == " " else " ") if len(who.surnames) > 1 else None


def toggle_particle(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I18: a particle on one side only."""
    return replace(who, particle="" if who.particle else draw.choose(draw.vocabulary.particles))


def drop_patronymic(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I19: the patronymic left out."""
    return replace(who, patronymic="") if who.patronymic else None


def transliterate_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I20: given name or surname in another romanisation."""
    surnames = tuple(_choose_variant(draw, draw.vocabulary.transliterations, word) for word in who.surnames)
    given = _choose_variant(draw, draw.vocabulary.transliterations, who.given)
    return replace(who, given=given, surnames=surnames if draw.flip_coin(0.7) else who.surnames)


def middle_as_first(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I21: known by the middle name."""
    return replace(who, given=who.middles[0], middles=()) if who.middles and len(who.middles[0]) > 2 else None


def alias(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I22: an alias in the name field."""
    other = sample_given_name(draw, draw.vocabulary.cultures[who.culture])
    return replace(
        who,
        tail=draw.choose([" a/k/a {}", " aka {}", " alias {}"]).format(f"{other} {draw.choose_surname()}"),
    )


def quote_nickname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I22: a by-name in quotes."""
    short = draw.vocabulary.nicknames.get(who.given)
    return replace(who, given=f'{who.given} "{draw.choose(short)}"') if short else None


def middle_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I07: another middle name or initial."""
    if not who.middles:
        return None
    other = sample_given_name(draw, draw.vocabulary.cultures[who.culture])
    if other[0] == who.middles[0][0]:
        return None
    return replace(who, middles=(f"{other[0]}.",) if draw.flip_coin(0.6) else (other,))


def other_given_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I11: another given name, the same surname."""
    culture = draw.vocabulary.cultures[who.culture]
    alike = [
        name for name in (*culture.male, *culture.female) if name != who.given and name[:2] == who.given[:2]
    ]
    other = draw.choose(alike) if alike and draw.flip_coin(0.4) else sample_given_name(draw, culture)
    known = who.given in _find_name_variants(draw, other) or other in _find_name_variants(draw, who.given)
    return None if known or other == who.given else replace(who, given=other)


def _find_name_variants(draw: WordSampler, name: str) -> set[str]:
    groups = [
        group for group in (*draw.vocabulary.spellings, *draw.vocabulary.transliterations) if name in group
    ]
    return {word for group in groups for word in group} | set(draw.vocabulary.nicknames.get(name, ()))


def other_initial(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I11: an initial that cannot stand for the given name."""
    return replace(who, given=draw.choose_other(list("ABCDEFGHJKLMNPRST"), who.given[0].upper()) + ".")


def suffix_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I12: another generation (Jr. and Sr., II and III)."""
    pairs = {
        "Jr.": "Sr.",
        "Sr.": "Jr.",
        "II": "III",
        "III": draw.choose(["II", "IV"]),
        "IV": "III",
        "Jr": "Sr",
        "Sr": "Jr",
    }
    return replace(who, suffix=pairs[who.suffix]) if who.suffix else None


def change_surname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I15: another surname."""
    other = draw.choose(draw.vocabulary.cultures[who.culture].surname)
    return replace(who, surnames=(other, *who.surnames[1:])) if other not in who.surnames else None


def second_surname_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I17: another second surname."""
    if len(who.surnames) < 2:
        return None
    other = draw.choose(draw.vocabulary.cultures[who.culture].surname)
    return replace(who, surnames=(who.surnames[0], other)) if other not in who.surnames else None


def patronymic_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I19: another patronymic."""
    options = draw.vocabulary.cultures[who.culture].patronymic
    return replace(who, patronymic=draw.choose_other(options, who.patronymic)) if who.patronymic else None


def capacity(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I23: acting for an estate, a trust or another person."""
    other = f"{draw.choose(draw.vocabulary.cultures['english'].male)} {draw.choose_surname()}"
    return replace(
        who, tail=draw.choose(draw.vocabulary.capacities).format(surname=who.surnames[0], other=other)
    )


def joint_holders(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I24: two people in one field."""
    other = sample_given_name(draw, draw.vocabulary.cultures[who.culture])
    return (
        replace(who, given=f"{who.given} {draw.choose(['and', '&'])} {other}", manner="given", middles=())
        if other != who.given
        else None
    )


def business_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I25: a sole trader's business name."""
    trade = f"{draw.choose(draw.vocabulary.descriptive)} {draw.choose(['Co.', '& Sons', 'Services', 'Shop'])}"
    return replace(
        who, given="", middles=(), patronymic="", title="", suffix="", manner="given", tail=f" {trade}"
    )


def mononym(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I26: one name only."""
    return replace(who, given="", middles=(), patronymic="", suffix="", manner="given")


def other_person(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I11: another given name and another surname of the culture."""
    return other_given_name(
        draw, replace(who, surnames=(draw.choose(draw.vocabulary.cultures[who.culture].surname),), middles=())
    )


def swap_name_roles(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """I11: the surname shared with another person's given name (arthur thomas, thomas smith)."""
    if len(who.surnames) != 1:
        return None
    other = draw.choose(draw.vocabulary.cultures[who.culture].surname)
    return (
        replace(who, given=who.surnames[0], middles=(), surnames=(other,))
        if other != who.surnames[0]
        else None
    )
