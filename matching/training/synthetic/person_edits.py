"""Edits of people's names, harmless ones first; categories are I01 to I27 of the taxonomy."""

from __future__ import annotations

from dataclasses import replace

from matching.training.synthetic import surface, typos
from matching.training.synthetic.people import SyntheticPerson, sample_given_name, sample_manner
from matching.training.synthetic.vocabulary import Spellings, WordSampler


def _choose_variant(draw: WordSampler, groups: tuple[Spellings, ...], word: str) -> str:
    ways = [spelling for group in groups if word in group for spelling in group if spelling != word]
    return draw.choose(ways) if ways else word


def change_manner(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Put the surname first with a comma, or the other way round (I03)."""
    return replace(who, manner=sample_manner(draw))


def strip_accents(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Remove accents (I02)."""
    plain = tuple(surface.unaccent(draw, word) for word in who.surnames)
    return replace(who, given=surface.unaccent(draw, who.given), surnames=plain)


def first_initial(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Shorten the given name to an initial (I04)."""
    return replace(who, given=draw.choose([f"{who.given[0]}.", who.given[0]])) if len(who.given) > 2 else None


def drop_middle_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Delete the middle name (I05)."""
    return replace(who, middles=()) if who.middles else None


def middle_initial(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Shorten the middle name to an initial (I06)."""
    if not who.middles or len(who.middles[0]) < 3:
        return None
    return replace(who, middles=(who.middles[0][0] + draw.choose([".", ""]),))


def nickname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Use the short form of the given name (I08)."""
    short = draw.vocabulary.nicknames.get(who.given)
    return replace(who, given=draw.choose(short)) if short else None


def respell_given_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Spell the given name in another usual way (I09)."""
    return replace(who, given=_choose_variant(draw, draw.vocabulary.spellings, who.given))


def misprint_surname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Misprint a surname of at least five letters (I10)."""
    at = draw.random.randrange(len(who.surnames))
    if len(who.surnames[at]) < 5:
        return None
    wrong = typos.misprint(draw, who.surnames[at])
    return replace(who, surnames=(*who.surnames[:at], wrong, *who.surnames[at + 1 :]))


def misprint_given_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Misprint a given name of at least five letters (I09)."""
    wrong = typos.misprint(draw, who.given) if len(who.given) > 4 else who.given
    known_names = {
        name for culture in draw.vocabulary.cultures.values() for name in (*culture.male, *culture.female)
    }
    return replace(who, given=wrong) if wrong not in known_names else None


def toggle_suffix(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Put the generational suffix on one side only (I13)."""
    return replace(who, suffix="" if who.suffix else draw.choose(draw.vocabulary.suffixes))


def add_title(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Add a title or letters after the name (I14)."""
    if draw.flip_coin(0.6):
        return replace(who, title=draw.choose(draw.vocabulary.titles))
    return replace(who, postnominal=draw.choose(draw.vocabulary.postnominals))


def drop_second_surname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Delete the last of two surnames, of a Hispanic pair or a hyphenated one (I16, I17)."""
    return replace(who, surnames=who.surnames[:1]) if len(who.surnames) > 1 else None


def toggle_hyphen(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Write a hyphen for the space between two surnames (I01)."""
    return replace(who, joiner="-" if who.joiner == " " else " ") if len(who.surnames) > 1 else None


def toggle_particle(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Put a particle on one side only (I18)."""
    return replace(who, particle="" if who.particle else draw.choose(draw.vocabulary.particles))


def drop_patronymic(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Delete the patronymic (I19)."""
    return replace(who, patronymic="") if who.patronymic else None


def transliterate_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Romanise the given name or surname in another way (I20)."""
    surnames = tuple(_choose_variant(draw, draw.vocabulary.transliterations, word) for word in who.surnames)
    given = _choose_variant(draw, draw.vocabulary.transliterations, who.given)
    return replace(who, given=given, surnames=surnames if draw.flip_coin(0.7) else who.surnames)


def middle_as_first(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Use the middle name as the given name (I21)."""
    return replace(who, given=who.middles[0], middles=()) if who.middles and len(who.middles[0]) > 2 else None


def alias(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Add an alias (I22)."""
    other = sample_given_name(draw, draw.vocabulary.cultures[who.culture])
    return replace(
        who,
        tail=draw.choose([" a/k/a {}", " aka {}", " alias {}"]).format(f"{other} {draw.choose_surname()}"),
    )


def quote_nickname(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Add a by-name in quotes (I22)."""
    short = draw.vocabulary.nicknames.get(who.given)
    return replace(who, given=f'{who.given} "{draw.choose(short)}"') if short else None


def middle_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace the middle name or initial (I07)."""
    if not who.middles:
        return None
    other = sample_given_name(draw, draw.vocabulary.cultures[who.culture])
    if other[0] == who.middles[0][0]:
        return None
    return replace(who, middles=(f"{other[0]}.",) if draw.flip_coin(0.6) else (other,))


def other_given_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace the given name and keep the surname (I11)."""
    culture = draw.vocabulary.cultures[who.culture]
    alike = [
        name for name in (*culture.male, *culture.female) if name != who.given and name[:2] == who.given[:2]
    ]
    other = draw.choose(alike) if alike and draw.flip_coin(0.4) else sample_given_name(draw, culture)
    is_variant = who.given in _find_name_variants(draw, other) or other in _find_name_variants(
        draw, who.given
    )
    return None if is_variant or other == who.given else replace(who, given=other)


def _find_name_variants(draw: WordSampler, name: str) -> set[str]:
    groups = [
        group for group in (*draw.vocabulary.spellings, *draw.vocabulary.transliterations) if name in group
    ]
    return {word for group in groups for word in group} | set(draw.vocabulary.nicknames.get(name, ()))


def other_initial(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace the given name by an initial that cannot stand for it (I11)."""
    return replace(who, given=draw.choose_other(list("ABCDEFGHJKLMNPRST"), who.given[0].upper()) + ".")


def suffix_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace the generation, such as Jr. by Sr. or II by III (I12)."""
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
    """Replace the surname (I15)."""
    other = draw.choose(draw.vocabulary.cultures[who.culture].surname)
    return replace(who, surnames=(other, *who.surnames[1:])) if other not in who.surnames else None


def second_surname_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace the second surname (I17)."""
    if len(who.surnames) < 2:
        return None
    other = draw.choose(draw.vocabulary.cultures[who.culture].surname)
    return replace(who, surnames=(who.surnames[0], other)) if other not in who.surnames else None


def patronymic_conflict(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace the patronymic (I19)."""
    options = draw.vocabulary.cultures[who.culture].patronymic
    return replace(who, patronymic=draw.choose_other(options, who.patronymic)) if who.patronymic else None


def capacity(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Act for an estate, a trust or another person (I23)."""
    other = f"{draw.choose(draw.vocabulary.cultures['english'].male)} {draw.choose_surname()}"
    return replace(
        who, tail=draw.choose(draw.vocabulary.capacities).format(surname=who.surnames[0], other=other)
    )


def joint_holders(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Put two people into one field (I24)."""
    other = sample_given_name(draw, draw.vocabulary.cultures[who.culture])
    return (
        replace(who, given=f"{who.given} {draw.choose(['and', '&'])} {other}", manner="given", middles=())
        if other != who.given
        else None
    )


def business_name(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Use the business name of a sole trader (I25)."""
    trade = f"{draw.choose(draw.vocabulary.descriptive)} {draw.choose(['Co.', '& Sons', 'Services', 'Shop'])}"
    return replace(
        who, given="", middles=(), patronymic="", title="", suffix="", manner="given", tail=f" {trade}"
    )


def mononym(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Keep one name only (I26)."""
    return replace(who, given="", middles=(), patronymic="", suffix="", manner="given")


def other_person(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Replace given name and surname by others of the culture (I11)."""
    return other_given_name(
        draw, replace(who, surnames=(draw.choose(draw.vocabulary.cultures[who.culture].surname),), middles=())
    )


def swap_name_roles(draw: WordSampler, who: SyntheticPerson) -> SyntheticPerson | None:
    """Use the surname as the given name of another person: arthur thomas, thomas smith (I11)."""
    if len(who.surnames) != 1:
        return None
    other = draw.choose(draw.vocabulary.cultures[who.culture].surname)
    return (
        replace(who, given=who.surnames[0], middles=(), surnames=(other,))
        if other != who.surnames[0]
        else None
    )
