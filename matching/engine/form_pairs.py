"""Legal forms that only two names together show.

An abbreviation such as ``SLNE`` or ``BRF`` says nothing by itself: it may be part of a name. Beside the same
name written with the full designation of one ISO 20275 code it can only be that form. So where two names
are alike but for what stands at an end, and the list gives both endings for one code, they have one form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matching.engine.form_finder import LegalForm, chief_of
from matching.engine.form_register import UNCURATED, load
from matching.engine.organisation_parse import Organisation, with_form

_LONGEST = 12
"""Most words of a designation that is looked up."""

Range = tuple[int, int]


class _Split(NamedTuple):
    """The token ranges that differ when all other tokens are the same, in order."""

    left: Range
    right: Range


def paired(left: Organisation, right: Organisation) -> tuple[Organisation, Organisation]:
    """Both names, read with one form where the ISO list gives what differs between them for one code.

    Forms that the curated register reads by itself on both sides are left as they are: it is finer than the
    list, which puts ``Inc.`` and ``Ltd`` into one row.
    """
    if left.parts or right.parts or (left.stem_keys == right.stem_keys and _same(left.forms, right.forms)):
        return left, right
    for split in _splits(left.text.keys, right.text.keys):
        codes = _codes(_compact(left, split.left)) & _codes(_compact(right, split.right))
        if codes and not (_read_alone(left, split.left) and _read_alone(right, split.right)):
            return with_form(left, _form(split.left, codes)), with_form(right, _form(split.right, codes))
    return left, right


def _same(left: tuple[LegalForm, ...], right: tuple[LegalForm, ...]) -> bool:
    return [form.families for form in left] == [form.families for form in right]


def _codes(compact: str) -> frozenset[str]:
    return load().rows.get(compact, frozenset())


def _compact(name: Organisation, where: Range) -> str:
    return "".join(name.text.keys[slice(*where)])


def _splits(left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[_Split]:
    """Where both names end, begin, or one begins and one ends with what differs, the shortest first."""
    n, m = len(left), len(right)
    if "".join(left) == "".join(right):
        return
    if left[0] == right[0]:
        yield from [_Split((same, n), (same, m)) for same in _alike(left, right)]
    if left[-1] == right[-1]:
        ends = _alike(left[::-1], right[::-1])
        yield from [_Split((0, n - same), (0, m - same)) for same in ends]
    yield from _turned(left, right)
    yield from [_Split(split.right, split.left) for split in _turned(right, left)]


def _alike(left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[int]:
    """Numbers of words that both begin with, the greatest first, as long as different words remain."""
    fewest = max(1, len(left) - _LONGEST, len(right) - _LONGEST)
    same = 1
    while same < min(len(left), len(right)) - 1 and left[same] == right[same]:
        same += 1
    yield from range(same, fewest - 1, -1)


def _turned(leading: tuple[str, ...], ending: tuple[str, ...]) -> Iterator[_Split]:
    """The form leads one name and ends the other (``AB Volvo``, ``Volvo AB``)."""
    if ending[0] in leading[1:]:
        first = leading.index(ending[0], 1)
        stem = leading[first:]
        if first <= _LONGEST and len(stem) < len(ending) and ending[: len(stem)] == stem:
            yield _Split((0, first), (len(stem), len(ending)))


def _read_alone(name: Organisation, where: Range) -> bool:
    """Whether the curated register reads just these words as the name's form."""
    forms = [form for form in name.forms if not form.families[0].startswith(UNCURATED)]
    return len(forms) == 1 and (forms[0].first, forms[0].stop) == where


def _form(where: Range, codes: frozenset[str]) -> LegalForm:
    families = [load().families[code] for code in sorted(codes)]
    listed = tuple([pair for family in families for pair in family.codes])
    ids = tuple([family.id for family in families])
    return LegalForm(*where, ids, families[0].label, listed, compound=False, chief=chief_of(listed))
