"""The comparison of two organisations' names: every difference found once and located on both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace

from matching.engine.categories import CategoryId
from matching.engine.legal_forms.relation import FormRelation, relate_forms
from matching.engine.organisation.appended_parts import detect_appended_parts, select_stems
from matching.engine.organisation.form_findings import detect_cut_form, detect_form_difference
from matching.engine.organisation.form_pairing import pair_legal_forms
from matching.engine.organisation.parse import ParsedOrganisation
from matching.engine.organisation.word_findings import (
    build_transliteration_finding,
    detect_number_conflict,
    detect_word_differences,
    is_cross_script,
)
from matching.engine.text.alignment import TokenAlignment, align_tokens
from matching.engine.text.dates import remove_dates
from matching.engine.text.tokenise import Tokens
from matching.engine.types import Finding


@dataclass
class OrganisationComparison:
    """Two organisation names beside each other; findings and features both come from here.

    The stems are what the alignment indexes: the names without forms, articles, appended parts and, where
    both names hold the same date, without the date.
    """

    left: ParsedOrganisation
    right: ParsedOrganisation
    stem_left: Tokens
    stem_right: Tokens
    alignment: TokenAlignment
    form_relation: FormRelation
    is_cross_script: bool
    findings: tuple[Finding, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all words of the stems were compared."""
        return self.alignment.is_complete


def compare_organisations(
    left: ParsedOrganisation,
    right: ParsedOrganisation,
    jurisdictions: tuple[str | None, str | None] = (None, None),
) -> OrganisationComparison:
    """Compare two parsed organisation names and find every difference of substance.

    Differences of orthography alone (case, punctuation, accents) are not among the findings:
    :func:`~matching.engine.text.orthography.detect_orthography_findings` finds them, and they never change a
    score.
    """
    left, right = pair_legal_forms(left, right)
    stems = select_stems(left, right)
    stem_left, stem_right, date_findings = remove_dates(stems.left, stems.right, (left.text, right.text))
    relation = relate_forms(left.forms, right.forms, *jurisdictions)
    alignment = align_tokens(stem_left, stem_right)
    is_ascii = left.text.raw.isascii() and right.text.raw.isascii()
    is_crossed = not is_ascii and is_cross_script(stem_left, stem_right)
    findings = stems.findings or (
        *detect_appended_parts(left, right),
        *detect_form_difference(left, right, relation),
        *date_findings,
    )
    findings += _detect_stem_differences(stem_left, stem_right, alignment, is_crossed)
    findings = detect_cut_form(left, right) or findings
    return OrganisationComparison(
        left,
        right,
        stem_left,
        stem_right,
        alignment,
        relation,
        is_crossed,
        _drop_truncated_form(findings),
    )


def drop_shared_beginning(comparison: OrganisationComparison) -> OrganisationComparison | None:
    """Return the comparison of what follows the words that both stems begin with, ``None`` for no such word.

    At least one word remains on each side; the findings stay.
    """
    left, right = comparison.stem_left, comparison.stem_right
    shared = 0
    while shared < min(len(left), len(right)) - 1 and left[shared].key == right[shared].key:
        shared += 1
    if not shared:
        return None
    left, right = left[shared:], right[shared:]
    return replace(comparison, stem_left=left, stem_right=right, alignment=align_tokens(left, right))


def _detect_stem_differences(
    left: Tokens, right: Tokens, alignment: TokenAlignment, is_crossed: bool
) -> tuple[Finding, ...]:
    """Return the differences of the words; stems in different scripts as a whole are one transliteration."""
    if is_crossed and (alignment.gaps or _count_transliterations(alignment) > 1):
        whole = build_transliteration_finding(left, right)
        return (whole, *detect_number_conflict(left, right))
    return tuple(detect_word_differences(left, right, alignment))


def _count_transliterations(alignment: TokenAlignment) -> int:
    return sum(
        match.relation is not None and match.relation.category is CategoryId.O36_TRANSLITERATION
        for match in alignment.matches
    )


def _drop_truncated_form(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings without a missing form where a field's length cut the form off with the name."""
    if all(finding.category is not CategoryId.O38_TRUNCATION for finding in findings):
        return findings
    return tuple([finding for finding in findings if finding.category is not CategoryId.O11_FORM_MISSING])
