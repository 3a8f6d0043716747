"""Legal forms that only a pair of names reveals.

An abbreviation such as ``SLNE`` or ``BRF`` can be part of a name. Beside the same name with the full
designation of one ISO 20275 code it can only be that form. So where two names differ only at one end, and the
list gives both endings for one code, they have one form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

from matching.engine.legal_forms.finder import MIN_MISTYPED_LETTERS, LegalForm, select_main_codes
from matching.engine.legal_forms.registry import ISO_FAMILY_PREFIX, load_form_register
from matching.engine.organisation.parse import ParsedOrganisation, replace_forms
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.numbers import parse_number
from matching.engine.text.real_words import is_everyday_word

_MAX_WORDS: Final = 12
"""Most words of a designation."""

TokenRange = tuple[int, int]


class _DifferingRanges:
    """The token ranges that differ when all other tokens are the same, in order."""

    __slots__ = ("left", "right")

    def __init__(self, left: TokenRange, right: TokenRange) -> None:
        self.left = left
        self.right = right

    def turn(self) -> _DifferingRanges:
        """Return the ranges with the names exchanged."""
        return _DifferingRanges(self.right, self.left)


def pair_legal_forms(
    left: ParsedOrganisation, right: ParsedOrganisation
) -> tuple[ParsedOrganisation, ParsedOrganisation]:
    """Return both names with one common form where the ISO list gives what differs between them for one code.

    Forms that the curated register finds on both sides stay as they are: it is finer than the
    list, which puts ``Inc.`` and ``Ltd`` into one row.
    """
    if (
        left.parts
        or right.parts
        or (left.stem_keys == right.stem_keys and _has_same_families(left.forms, right.forms))
    ):
        return left, right
    paired = _pair_one_sided_form(left, right)
    if paired:
        return paired
    for split in _find_differing_ranges(left.text.keys, right.text.keys):
        codes = _find_code_ids(_join_keys(left, split.left))
        codes = codes and codes & _find_code_ids(_join_keys(right, split.right))
        if (
            codes
            and _holds_all_forms(left, split.left)
            and _holds_all_forms(right, split.right)
            and not (_is_curated_form(left, split.left) and _is_curated_form(right, split.right))
        ):
            return replace_forms(left, _build_iso_form(split.left, codes)), replace_forms(
                right, _build_iso_form(split.right, codes)
            )
        other = _find_other_spelling(left, right, split) or _find_other_spelling(right, left, split.turn())
        if other:
            return (left, replace_forms(right, other)) if left.forms else (replace_forms(left, other), right)
    return left, right


def _find_other_spelling(
    read: ParsedOrganisation, unread: ParsedOrganisation, split: _DifferingRanges
) -> LegalForm | None:
    """Return the form of the first name, where what differs in the second is another spelling of it.

    ``AB`` before a name may be part of it; beside the same name with ``Aktiebolaget`` it is not.
    """
    if unread.forms or not _is_curated_form(read, split.left):
        return None
    readings = load_form_register().spellings.get(_join_keys(unread, split.right), ())
    if read.forms[0].families[0] not in [reading.family for reading in readings]:
        return None
    first, stop = split.right
    return read.forms[0]._replace(first=first, stop=stop)


def _pair_one_sided_form(
    left: ParsedOrganisation, right: ParsedOrganisation
) -> tuple[ParsedOrganisation, ParsedOrganisation] | None:
    """Both names with one form, where one is read to end with it and the other spells it in another way."""
    if left.forms and not right.forms:
        form = _find_spaced_form(left, right) or _find_misspelt_form(left, right)
        return (left, replace_forms(right, form)) if form else None
    if right.forms and not left.forms:
        form = _find_spaced_form(right, left) or _find_misspelt_form(right, left)
        return (replace_forms(left, form), right) if form else None
    return None


def _find_spaced_form(read: ParsedOrganisation, spaced: ParsedOrganisation) -> LegalForm | None:
    """The form that ends the first name, at the single letters that end the second (``BV``, ``B. V.``)."""
    form, keys = read.forms[-1], spaced.text.keys
    letters = "".join(read.text.keys[form.first : form.stop])
    tail = keys[-len(letters) :]
    if form.stop != len(read.text.keys) or len(keys) <= len(letters) or tail != tuple(letters):
        return None
    return form._replace(first=len(keys) - len(letters), stop=len(keys))


def _find_misspelt_form(read: ParsedOrganisation, misspelt: ParsedOrganisation) -> LegalForm | None:
    """The form that ends the first name, at a slip of it (``Ldt``) that ends the second, else the same."""
    form, last = read.forms[-1], len(misspelt.text.keys) - 1
    *mine, spelling = read.text.keys
    *yours, word = misspelt.text.keys
    is_whole_end = (form.first, form.stop) == (len(mine), len(mine) + 1)
    if not (is_whole_end and mine and mine == yours and is_misspelt_form(spelling, word)):
        return None
    return form._replace(first=last, stop=last + 1)


def is_misspelt_form(spelling: str, word: str) -> bool:
    """Return whether a word is one slip away from a short spelling of a form, and means nothing by itself."""
    is_short = len(word) < MIN_MISTYPED_LETTERS and len(spelling) >= _MIN_MISSPELT_LETTERS
    if not is_short or OSA.distance(spelling, word, score_cutoff=1) != 1:
        return False
    lexicon = load_lexicon()
    has_meaning = (
        word in load_form_register().spellings
        or word in lexicon.abbreviations
        or word in lexicon.places
        or is_everyday_word(word)
        or parse_number(word) is not None
    )
    return not has_meaning


_MIN_MISSPELT_LETTERS = 3
"""Fewest letters of a form that is recognised by all but one of them."""


def _has_same_families(left: tuple[LegalForm, ...], right: tuple[LegalForm, ...]) -> bool:
    return [form.families for form in left] == [form.families for form in right]


def _find_code_ids(compact: str) -> frozenset[str]:
    return load_form_register().iso_families.get(compact, frozenset())


def _join_keys(name: ParsedOrganisation, where: TokenRange) -> str:
    return "".join(name.text.keys[where[0] : where[1]])


def _find_differing_ranges(left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[_DifferingRanges]:
    """Yield the ranges that can hold the form: at both ends, both beginnings, or one of each."""
    n, m = len(left), len(right)
    if "".join(left) == "".join(right):
        return
    if left[0] == right[0]:
        yield from [_DifferingRanges((same, n), (same, m)) for same in _find_prefix_lengths(left, right)]
    if left[-1] == right[-1]:
        ends = _find_prefix_lengths(left[::-1], right[::-1])
        yield from [_DifferingRanges((0, n - same), (0, m - same)) for same in ends]
    yield from _find_turned_ranges(left, right)
    yield from [split.turn() for split in _find_turned_ranges(right, left)]


def _find_prefix_lengths(left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[int]:
    """Yield how many words both begin with, the greatest first, as long as different words remain."""
    fewest = max(1, len(left) - _MAX_WORDS, len(right) - _MAX_WORDS)
    same = 1
    while same < min(len(left), len(right)) - 1 and left[same] == right[same]:
        same += 1
    yield from range(same, fewest - 1, -1)


def _find_turned_ranges(leading: tuple[str, ...], ending: tuple[str, ...]) -> Iterator[_DifferingRanges]:
    """Yield the ranges of a form that leads one name and ends the other (``AB Volvo``, ``Volvo AB``)."""
    if ending[0] in leading[1:]:
        first = leading.index(ending[0], 1)
        stem = leading[first:]
        if first <= _MAX_WORDS and len(stem) < len(ending) and ending[: len(stem)] == stem:
            yield _DifferingRanges((0, first), (len(stem), len(ending)))


def _holds_all_forms(name: ParsedOrganisation, where: TokenRange) -> bool:
    """Return whether no legal form stands elsewhere: in ``Fund Kestrel LP`` the word at the front is none."""
    return all(where[0] <= form.first and form.stop <= where[1] for form in name.forms)


def _is_curated_form(name: ParsedOrganisation, where: TokenRange) -> bool:
    """Return whether the curated register finds exactly these words as the form of the name."""
    forms = [form for form in name.forms if not form.families[0].startswith(ISO_FAMILY_PREFIX)]
    return len(forms) == 1 and (forms[0].first, forms[0].stop) == where


def _build_iso_form(where: TokenRange, codes: frozenset[str]) -> LegalForm:
    families = [load_form_register().families[code] for code in sorted(codes)]
    listed = tuple([pair for family in families for pair in family.codes])
    ids = tuple([family.id for family in families])
    return LegalForm(
        *where, ids, families[0].label, listed, is_compound=False, main_codes=select_main_codes(listed)
    )
