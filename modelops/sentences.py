"""Sentences that are stored of gates, trainings and deployments, in English; pages translate them.

A template holds its parameters in braces: numbers with their format, quoted text without one, and sentences
by a name that ends in ``sentence`` (:mod:`accounts.language.stored_sentences` reads them back).
"""

from __future__ import annotations

from enum import StrEnum


class GateSentence(StrEnum):
    """What a gate found."""

    SIGNED = "SHA-256 {digest}..., signed here."
    ALTERED = "{version}: the stored bytes were altered"
    FOREIGN = "{version}: the artefact was not registered by this installation"
    SCHEMA = "Feature schema {digest}..."
    OTHER_FEATURES = "It was trained for other features: train it again."
    LOADS = "As it did when it was registered."
    ARTEFACT_FORMAT = "The model artefact has format {found}, not {expected}."
    ARTEFACT_DAMAGED = "The model artefact is damaged: {error}."
    ARTEFACT_FEATURES = "The model was trained for other features than this engine computes: retrain it."
    ANSWERS_CHANGED = "The model answers golden pairs in another way than registered: {pairs}."
    GOLDEN_BROKEN = "{broken:d} of {all:d} broken: {pairs}."
    GOLDEN_HOLD = "All {all:d} hold."
    OWN_ROWS = "{n:,} held-out rows kept with the version."
    GENERATED_ROWS = "The version came without held-out rows: {n:,} generated ones were used."
    NO_CHAMPION = "There is no champion that fits this program."
    SLICES_WORSE = "{n:d} slices; worse on: {slices}."
    SLICES_PASSED = "{n:d} slices, none is worse."
    NONE_IMMATERIAL = "It decides none of these rows as immaterial."
    MISSED_MATERIAL = (
        "Of {n:,} rows it decides as immaterial, {share:.2%} are material "
        "(95 %: {low:.2%} to {high:.2%}; allowed: {allowed:.0%})."
    )
    CALIBRATION = (
        "Calibration error {error:.3f}; at most {allowed:.3f}, "
        "or what chance explains on {n:,} rows: {chance:.3f}."
    )
    CALIBRATION_COMPARED = (
        "Calibration error {error:.3f}, the champion's {champion:.3f}; at most {allowed:.3f}, "
        "or what chance explains on {n:,} rows: {chance:.3f}."
    )
    LATENCY = "One score takes {median:.0f} µs; at most {allowed:.0f} µs."
    LATENCY_COMPARED = (
        "One score takes {median:.0f} µs, the champion's {champion:.0f} µs; at most {allowed:.0f} µs."
    )


class TrainingSentence(StrEnum):
    """Why a training was decided or not, and what became of it."""

    NOT_AUDITED = "no audited answer yet"
    AUDITED = "{share:.1%} of {n:d} audited answers ({low:.1%} to {high:.1%})"
    WAITING_LABELS = "{n:,} labels not used yet"
    ELAPSED = "{days:.1f} days since the last training, {n:,} new labels"
    NO_BASELINE = "no audited answer yet, or no baseline at training"
    LOSS = (
        "{figure} {share:.1%} of {n:d} audited answers (at most {high:.1%}), "
        "{baseline:.1%} on other rows at training"
    )
    NO_DRIFT = "no drift in a day"
    DRIFT = "largest PSI {psi:.2f} in a day"
    HARMLESS_DRIFT = "largest PSI {psi:.2f} in a day; no error with it, so people look into it"
    UNFINISHED = "a training run is running or queued"
    BUSY = "a training run is running or queued; see Training"
    COOLDOWN = "the last training was less than {hours:g} hours ago"
    BUDGET = "the budget of {budget:g} trainings in seven days is spent"
    NO_LABEL = "there is no new label"
    NO_CONDITION = "No condition is met."
    OBSTRUCTED = "Not now ({obstacle_sentences}), though {condition_sentences}."
    DECIDED = "{condition_sentences}."
    AUTOMATIC = "automatic: {conditions}"
    SHADOWED = "passed its gates after: {sentence}"
    STARTING_MODEL = "The starting model that comes with the program"
    LABEL_ENTITIES = "Label {label} has {found:d} entities; at least {needed:d} are needed."
    FEW_ENTITIES = "Too few entities: one label is missing from a part of the data."
    CONDITION = "{condition}: {sentence}"


SENTENCES: tuple[str, ...] = (
    *[sentence.value for sentence in GateSentence],
    *[sentence.value for sentence in TrainingSentence],
)
"""Every template."""
