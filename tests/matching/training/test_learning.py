from dataclasses import replace

from matching.training.dataset import build_dataset, score_pairs
from matching.training.fitting import select_held_out_pairs
from matching.training.synthetic import LabelledPair
from modelops.training.evaluation import compute_metrics


def pair(
    left: str, right: str, material: bool, kind: str = "organisation", source: str = "made"
) -> LabelledPair:
    return LabelledPair(left, right, material, kind, "tag", left, 1.0, source, right)


def test_marks_say_what_rules_leave_to_the_model() -> None:
    data = build_dataset(
        [
            pair("Acme, Inc.", "ACME INCORPORATED", False),
            pair("Acme Fund II", "Acme Fund III", True),
            pair("Northern Petroleum Ltd", "Northern Petroleun Ltd", False),
        ],
        lambda _: None,
    )
    general, kyc = data.flags["general"], data.flags["kyc"]
    assert general.is_immaterial_by_rule.tolist() == [True, False, False]
    assert general.needs_model.tolist() == [False, False, True]
    assert general.may_be_immaterial.tolist() == [False, False, True]
    assert kyc.may_be_immaterial.tolist() == [False, False, False]
    assert kyc.may_be_material.tolist() == [False, False, True]
    assert not any(data.flags["ucc"].needs_model)
    assert data.features.shape[0] == 3


def test_a_pair_that_cannot_be_read_is_left_out_and_reported() -> None:
    messages: list[str] = []
    data = build_dataset([pair("Acme", "...", True), pair("Acme", "Apex", True)], messages.append)
    assert len(data.pairs) == 1
    assert messages[-1] == "1 pairs read, 1 could not be"


def test_answers_come_in_order_whatever_the_kinds() -> None:
    pairs = [
        pair("John A. Smith", "John B. Smith", True, "individual"),
        pair("Acme Inc", "ACME, Inc.", False),
        pair("Smith, John", "John Smith", False, "individual"),
    ]
    answers = score_pairs(pairs, "general")
    probabilities = [1.0 if getattr(answer, "prediction", True) else 0.0 for answer in answers]
    assert compute_metrics([example.material for example in pairs], probabilities).accuracy.value == 1.0


def test_constructed_pairs_are_never_what_results_are_reported_on() -> None:
    pairs = [
        pair(f"Acme {at}", f"Acme{at}", False, source="constructed" if at % 2 else "made")
        for at in range(200)
    ]
    chosen = select_held_out_pairs(build_dataset(pairs, lambda _: None), 20)
    assert {example.source for example in chosen} == {"made"}
    assert 5 < len(chosen) < 50


def test_pairs_labelled_under_rules_that_changed_are_never_what_results_are_reported_on() -> None:
    pairs = [replace(pair(f"Acme {at}", f"Acme{at}", False), is_outdated=at % 2 == 0) for at in range(200)]
    chosen = select_held_out_pairs(build_dataset(pairs, lambda _: None), 20)
    assert 5 < len(chosen) < 50
    assert not any(example.is_outdated for example in chosen)
