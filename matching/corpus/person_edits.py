"""The differences between people's names, harmless ones first; categories are the taxonomy's I01 to I27."""

from __future__ import annotations

from dataclasses import replace

from matching.corpus import surface, typos
from matching.corpus.people import Person, given_name, manner
from matching.corpus.vocabulary import Draw, Spellings


def _swap(draw: Draw, groups: tuple[Spellings, ...], word: str) -> str:
    ways = [spelling for group in groups if word in group for spelling in group if spelling != word]
    return draw.one(ways) if ways else word


def order(draw: Draw, who: Person) -> Person | None:
    """I03: surname first with a comma, or the other way round."""
    return replace(who, manner=manner(draw))


def unaccented(draw: Draw, who: Person) -> Person | None:
    """I02: accents dropped."""
    plain = tuple(surface.unaccent(draw, word) for word in who.surnames)
    return replace(who, given=surface.unaccent(draw, who.given), surnames=plain)


def first_initial(draw: Draw, who: Person) -> Person | None:
    """I04: the given name as an initial."""
    return replace(who, given=draw.one([f"{who.given[0]}.", who.given[0]])) if len(who.given) > 2 else None


def middle_absent(draw: Draw, who: Person) -> Person | None:
    """I05: the middle name left out."""
    return replace(who, middles=()) if who.middles else None


def middle_initial(draw: Draw, who: Person) -> Person | None:
    """I06: the middle name as an initial."""
    if not who.middles or len(who.middles[0]) < 3:
        return None
    return replace(who, middles=(who.middles[0][0] + draw.one([".", ""]),))


def nickname(draw: Draw, who: Person) -> Person | None:
    """I08: the short form of the given name."""
    short = draw.words.nicknames.get(who.given)
    return replace(who, given=draw.one(short)) if short else None


def given_spelling(draw: Draw, who: Person) -> Person | None:
    """I09: the given name in another usual spelling."""
    return replace(who, given=_swap(draw, draw.words.spellings, who.given))


def surname_misprint(draw: Draw, who: Person) -> Person | None:
    """I10: a misprint in a surname of at least five letters."""
    at = draw.random.randrange(len(who.surnames))
    if len(who.surnames[at]) < 5:
        return None
    wrong = typos.misprint(draw, who.surnames[at])
    return replace(who, surnames=(*who.surnames[:at], wrong, *who.surnames[at + 1 :]))


def given_misprint(draw: Draw, who: Person) -> Person | None:
    """I09: a misprint in a given name of at least five letters."""
    wrong = typos.misprint(draw, who.given) if len(who.given) > 4 else who.given
    known = {name for culture in draw.words.cultures.values() for name in (*culture.male, *culture.female)}
    return replace(who, given=wrong) if wrong not in known else None


def suffix_missing(draw: Draw, who: Person) -> Person | None:
    """I13: the generational suffix on one side only."""
    return replace(who, suffix="" if who.suffix else draw.one(draw.words.suffixes))


def titled(draw: Draw, who: Person) -> Person | None:
    """I14: a title or letters after the name."""
    if draw.chance(0.6):
        return replace(who, title=draw.one(draw.words.titles))
    return replace(who, postnominal=draw.one(draw.words.postnominals))


def half_missing(draw: Draw, who: Person) -> Person | None:
    """I16, I17: one of two surnames left out (the last of a Hispanic pair, either of a hyphenated one)."""
    return replace(who, surnames=who.surnames[:1]) if len(who.surnames) > 1 else None


def hyphen(draw: Draw, who: Person) -> Person | None:
    """I01: a hyphen for a space between two surnames."""
    return replace(who, joiner="-" if who.joiner == " " else " ") if len(who.surnames) > 1 else None


def particle(draw: Draw, who: Person) -> Person | None:
    """I18: a particle on one side only."""
    return replace(who, particle="" if who.particle else draw.one(draw.words.particles))


def patronymic_absent(draw: Draw, who: Person) -> Person | None:
    """I19: the patronymic left out."""
    return replace(who, patronymic="") if who.patronymic else None


def transliterated(draw: Draw, who: Person) -> Person | None:
    """I20: given name or surname in another romanisation."""
    surnames = tuple(_swap(draw, draw.words.transliterations, word) for word in who.surnames)
    given = _swap(draw, draw.words.transliterations, who.given)
    return replace(who, given=given, surnames=surnames if draw.chance(0.7) else who.surnames)


def middle_as_first(draw: Draw, who: Person) -> Person | None:
    """I21: known by the middle name."""
    return replace(who, given=who.middles[0], middles=()) if who.middles and len(who.middles[0]) > 2 else None


def alias(draw: Draw, who: Person) -> Person | None:
    """I22: an alias in the name field."""
    other = given_name(draw, draw.words.cultures[who.culture])
    return replace(
        who, tail=draw.one([" a/k/a {}", " aka {}", " alias {}"]).format(f"{other} {draw.surname()}")
    )


def nickname_quoted(draw: Draw, who: Person) -> Person | None:
    """I22: a by-name in quotes."""
    short = draw.words.nicknames.get(who.given)
    return replace(who, given=f'{who.given} "{draw.one(short)}"') if short else None


def middle_conflict(draw: Draw, who: Person) -> Person | None:
    """I07: another middle name or initial."""
    if not who.middles:
        return None
    other = given_name(draw, draw.words.cultures[who.culture])
    if other[0] == who.middles[0][0]:
        return None
    return replace(who, middles=(f"{other[0]}.",) if draw.chance(0.6) else (other,))


def other_given(draw: Draw, who: Person) -> Person | None:
    """I11: another given name, the same surname."""
    culture = draw.words.cultures[who.culture]
    alike = [
        name for name in (*culture.male, *culture.female) if name != who.given and name[:2] == who.given[:2]
    ]
    other = draw.one(alike) if alike and draw.chance(0.4) else given_name(draw, culture)
    known = who.given in _known_as(draw, other) or other in _known_as(draw, who.given)
    return None if known or other == who.given else replace(who, given=other)


def _known_as(draw: Draw, name: str) -> set[str]:
    groups = [group for group in (*draw.words.spellings, *draw.words.transliterations) if name in group]
    return {word for group in groups for word in group} | set(draw.words.nicknames.get(name, ()))


def other_initial(draw: Draw, who: Person) -> Person | None:
    """I11: an initial that cannot stand for the given name."""
    return replace(who, given=draw.other(list("ABCDEFGHJKLMNPRST"), who.given[0].upper()) + ".")


def suffix_conflict(draw: Draw, who: Person) -> Person | None:
    """I12: another generation (Jr. and Sr., II and III)."""
    pairs = {
        "Jr.": "Sr.",
        "Sr.": "Jr.",
        "II": "III",
        "III": draw.one(["II", "IV"]),
        "IV": "III",
        "Jr": "Sr",
        "Sr": "Jr",
    }
    return replace(who, suffix=pairs[who.suffix]) if who.suffix else None


def surname_changed(draw: Draw, who: Person) -> Person | None:
    """I15: another surname."""
    other = draw.one(draw.words.cultures[who.culture].surname)
    return replace(who, surnames=(other, *who.surnames[1:])) if other not in who.surnames else None


def second_surname_conflict(draw: Draw, who: Person) -> Person | None:
    """I17: another second surname."""
    if len(who.surnames) < 2:
        return None
    other = draw.one(draw.words.cultures[who.culture].surname)
    return replace(who, surnames=(who.surnames[0], other)) if other not in who.surnames else None


def patronymic_conflict(draw: Draw, who: Person) -> Person | None:
    """I19: another patronymic."""
    options = draw.words.cultures[who.culture].patronymic
    return replace(who, patronymic=draw.other(options, who.patronymic)) if who.patronymic else None


def capacity(draw: Draw, who: Person) -> Person | None:
    """I23: acting for an estate, a trust or another person."""
    other = f"{draw.one(draw.words.cultures['english'].male)} {draw.surname()}"
    return replace(who, tail=draw.one(draw.words.capacities).format(surname=who.surnames[0], other=other))


def joint(draw: Draw, who: Person) -> Person | None:
    """I24: two people in one field."""
    other = given_name(draw, draw.words.cultures[who.culture])
    return (
        replace(who, given=f"{who.given} {draw.one(['and', '&'])} {other}", manner="given", middles=())
        if other != who.given
        else None
    )


def business(draw: Draw, who: Person) -> Person | None:
    """I25: a sole trader's business name."""
    trade = f"{draw.one(draw.words.descriptive)} {draw.one(['Co.', '& Sons', 'Services', 'Shop'])}"
    return replace(
        who, given="", middles=(), patronymic="", title="", suffix="", manner="given", tail=f" {trade}"
    )


def mononym(draw: Draw, who: Person) -> Person | None:
    """I26: one name only."""
    return replace(who, given="", middles=(), patronymic="", suffix="", manner="given")


def other_person(draw: Draw, who: Person) -> Person | None:
    """I11: another given name and another surname of the culture."""
    return other_given(
        draw, replace(who, surnames=(draw.one(draw.words.cultures[who.culture].surname),), middles=())
    )


def swapped_roles(draw: Draw, who: Person) -> Person | None:
    """I11: the surname shared with another person's given name (arthur thomas, thomas smith)."""
    if len(who.surnames) != 1:
        return None
    other = draw.one(draw.words.cultures[who.culture].surname)
    return (
        replace(who, given=who.surnames[0], middles=(), surnames=(other,))
        if other != who.surnames[0]
        else None
    )
