"""A pair of names, read and compared, before a profile or a model judges it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar, final

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.differences.merging import add_character_note, merge_findings
from matching.engine.kinds import detect_kind
from matching.engine.model.schema import build_feature_row
from matching.engine.organisation.compare import (
    OrganisationComparison,
    compare_organisations,
    drop_shared_beginning,
)
from matching.engine.organisation.form_findings import add_form_note
from matching.engine.organisation.parse import parse_organisation
from matching.engine.parsed_names import serialise_organisation, serialise_person
from matching.engine.person.compare import PersonComparison, compare_people
from matching.engine.person.parse import parse_person
from matching.engine.text.orthography import detect_orthography_findings
from matching.engine.text.tokenise import TokenisedName, tokenise_name
from matching.engine.types import Context, Finding, Kind, UnknownKindError, mirror_finding

MAX_WORDS: Final = 60
"""Most words of a name that is compared as a whole; reading takes time quadratic in the words.

Names of trusts and securitisations have up to forty words.
"""
MAX_INVISIBLE: Final = 30
"""Most invisible characters of a name that is compared; each is a difference of its own."""
_WORDS_OF_LONG_NAMES: Final = 20
"""Words that are read of a longer name, so that its parts and features are not empty."""
NO_CONTEXT: Final = Context()
_KINDS: Final[Mapping[str, Kind | None]] = {"auto": None, **{kind.value: kind for kind in Kind}}

T = TypeVar("T")


@final
class NamePair:
    """Two names with their canonical order, which does not depend on which of them is the left one.

    Detectors and features always see the canonical order, so exchanging the names never changes an answer.
    ``is_swapped`` tells that the right name comes first.
    """

    def __init__(
        self,
        left: TokenisedName,
        right: TokenisedName,
        is_swapped: bool,
    ) -> None:
        self.left = left
        self.right = right
        self.is_swapped = is_swapped

    @staticmethod
    def from_names(left: TokenisedName, right: TokenisedName) -> NamePair:
        """Build the pair, ordered by comparison keys, then by the text as received."""
        return NamePair(left, right, (right.keys, right.raw) < (left.keys, left.raw))

    def arrange(self, one: T, other: T) -> tuple[T, T]:
        """Return what belongs to (left, right) in canonical order, or the reverse: it is its own inverse."""
        return (other, one) if self.is_swapped else (one, other)

    def restore_findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings made in canonical order as seen from the left name, sorted by position."""
        turned = [mirror_finding(item) for item in findings] if self.is_swapped else list(findings)
        return tuple(sorted(turned, key=_get_position) if len(turned) > 1 else turned)


def _get_position(finding: Finding) -> tuple[int, int, str]:
    left = finding.span1 or finding.span2 or (0, 0)
    right = finding.span2 or finding.span1 or (0, 0)
    return (left[0], right[0], finding.category)


@final
class ComparedPair:
    """A pair of names with their kind; ``name_comparison`` is in canonical order.

    ``is_too_complex``: the names differ and were not compared in full, because one has more than
    :data:`MAX_WORDS` words or :data:`MAX_INVISIBLE` invisible characters, or too many pairs of words differ.
    It follows from the names alone, never from the time that the comparison takes.
    ``is_kind_doubtful``: the names were read as organisations' but may be people's.
    """

    def __init__(
        self,
        names: NamePair,
        kind: Kind,
        name_comparison: OrganisationComparison | PersonComparison,
        is_too_complex: bool,
        is_kind_doubtful: bool = False,
    ) -> None:
        self.names = names
        self.kind = kind
        self.name_comparison = name_comparison
        self.is_too_complex = is_too_complex
        self.is_kind_doubtful = is_kind_doubtful

    def build_row(self) -> tuple[float, ...]:
        """Return the feature row, in the order of ``FEATURE_NAMES``."""
        return build_feature_row(self.name_comparison)

    def build_rest_row(self) -> tuple[float, ...] | None:
        """Return the feature row without the words that both organisations' names begin with, if any."""
        if not isinstance(self.name_comparison, OrganisationComparison):
            return None
        rest = drop_shared_beginning(self.name_comparison)
        return build_feature_row(rest) if rest else None


def parse_kind(name: str) -> Kind | None:
    """Return the kind of that name, ``None`` for ``auto``. Raises :class:`UnknownKindError`."""
    if name not in _KINDS:
        raise UnknownKindError(f"No kind is called {name[:40]!r}; choose one of {', '.join(_KINDS)}.")
    return _KINDS[name]


def compare_pair(left: str, right: str, kind: Kind | None, context: Context = NO_CONTEXT) -> ComparedPair:
    """Read and compare two names; the kind is detected where it is ``None``.

    Raises :class:`EmptyNameError` and :class:`NameTooLongError`.
    """
    names = NamePair.from_names(tokenise_name(left), tokenise_name(right))
    read_left, read_right = _shorten_long_name(names.left), _shorten_long_name(names.right)
    chosen, is_doubtful = (kind, False) if kind else detect_kind(read_left, read_right)
    places = names.arrange(context.jurisdiction_left, context.jurisdiction_right)
    first, second = names.arrange(read_left, read_right)
    comparison = _compare_names(first, second, chosen, places)
    is_complete = comparison.is_complete and read_left is names.left and read_right is names.right
    # A form that only the pair reveals (Vantor BRF beside its full designation) removes the doubt.
    has_form = isinstance(comparison, OrganisationComparison) and bool(comparison.left.forms)
    is_readable = max(len(names.left.invisible), len(names.right.invisible)) <= MAX_INVISIBLE
    is_too_complex = left != right and not (is_complete and is_readable)
    return ComparedPair(names, chosen, comparison, is_too_complex, is_doubtful and not has_form)


def _shorten_long_name(name: TokenisedName) -> TokenisedName:
    """Return the beginning of a name of more than :data:`MAX_WORDS` words, any other name itself."""
    if len(name.tokens) <= MAX_WORDS:
        return name
    return name.cut_after(_WORDS_OF_LONG_NAMES)


def read_as_people(pair: ComparedPair) -> ComparedPair:
    """Return the same pair read as the names of two people."""
    left, right = _shorten_long_name(pair.names.left), _shorten_long_name(pair.names.right)
    first, second = pair.names.arrange(left, right)
    comparison = compare_people(parse_person(first), parse_person(second))
    is_too_complex = pair.is_too_complex or (left.raw != right.raw and not comparison.is_complete)
    return ComparedPair(pair.names, Kind.INDIVIDUAL, comparison, is_too_complex)


def _compare_names(
    first: TokenisedName, second: TokenisedName, kind: Kind, places: tuple[str | None, str | None]
) -> OrganisationComparison | PersonComparison:
    if kind is Kind.INDIVIDUAL:
        return compare_people(parse_person(first), parse_person(second))
    return compare_organisations(
        parse_organisation(first, places[0]), parse_organisation(second, places[1]), places
    )


def collect_findings(pair: ComparedPair, with_notes: bool) -> tuple[Finding, ...]:
    """Return all findings as seen from the left name, those of orthography included.

    ``with_notes`` adds the sentence that names the legal forms; it costs time and changes no verdict. Names
    too complex to compare have one finding, which covers both as a whole.
    """
    names, comparison = pair.names, pair.name_comparison
    if pair.is_too_complex:
        return (_find_complexity(pair),)
    first, second = names.arrange(names.left, names.right)
    spelling = detect_orthography_findings(first, second, individual=pair.kind is Kind.INDIVIDUAL)
    found = (*comparison.findings, *spelling) or _find_unnamed_difference(pair)
    findings = merge_findings(found, first, second)
    if with_notes and isinstance(comparison, OrganisationComparison):
        left, right, relation = comparison.left, comparison.right, comparison.form_relation
        findings = tuple([add_form_note(finding, left, right, relation) for finding in findings])
    if with_notes:
        findings = tuple([add_character_note(finding, first, second) for finding in findings])
    return names.restore_findings(findings)


def _find_complexity(pair: ComparedPair) -> Finding:
    is_individual = pair.kind is Kind.INDIVIDUAL
    category = CategoryId.I11_GIVEN_DIFFERENT if is_individual else CategoryId.O26_WORD_REPLACED
    left, right = pair.names.left.raw, pair.names.right.raw
    return Finding(category, (0, len(left)), (0, len(right)), CategoryCase.TOO_COMPLEX)


def _find_unnamed_difference(pair: ComparedPair) -> tuple[Finding, ...]:
    """Return a finding over the whole names where the texts differ and no detector says how.

    No two texts that differ are ever called identical.
    """
    left, right = pair.names.arrange(pair.names.left, pair.names.right)
    if left.raw == right.raw:
        return ()
    is_individual = pair.kind is Kind.INDIVIDUAL
    category = CategoryId.I01_FORM_OF_WRITING if is_individual else CategoryId.O03_PUNCTUATION
    return (Finding(category, (0, len(left.raw)), (0, len(right.raw))),)


def serialise_parsed_names(pair: ComparedPair) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON-ready structure of the left and of the right name as they were parsed."""
    comparison, names = pair.name_comparison, pair.names
    if isinstance(comparison, OrganisationComparison):
        left, right = names.arrange(comparison.left, comparison.right)
        return serialise_organisation(left), serialise_organisation(right)
    one, other = parse_person(_shorten_long_name(names.left)), parse_person(_shorten_long_name(names.right))
    return serialise_person(one), serialise_person(other)
