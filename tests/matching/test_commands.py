import hashlib
import json
from importlib.resources import files
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import skops.io
from django.core.management import CommandError, call_command

from matching.engine import extract_features, load_default_scorer, load_scorer
from matching.training.synthetic import generate_pairs

PAIRS = """name_a,name_b,label,kind,source,note
"Acme, Inc.",ACME INC,1,org,made,case_punct;cik=1
Acme Inc.,Apex Inc.,0,org,made,one_token_swap;hard
Fund II LP,Fund III LP,0,org,made,number_diff;hard
John A. Smith,"Smith, John A.",1,person,made,reorder;x
John A. Smith,John B. Smith,0,person,made,one_token_swap;hard
"""


def say(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_comparison_reads_from_names_to_disclaimer() -> None:
    shown = say("compare", "Acme Fund II, L.P.", "ACME FUND III LP")
    assert shown.index("Acme Fund II, L.P.") < shown.index("O20") < shown.index("MATERIAL")
    assert "Under the other profiles:" in shown
    assert "ucc" in shown
    assert "not legal advice" in shown


def test_marks_stand_under_the_characters_they_mean() -> None:
    lines = say("compare", "Acme Fund II LP", "Acme Fund III LP").splitlines()
    assert lines[0] == "  Acme Fund II LP"
    assert lines[1] == "            !!"


def test_without_a_terminal_there_is_no_colour_and_with_force_there_is() -> None:
    assert "\x1b[" not in say("compare", "Acme", "Apex")
    assert "\x1b[" in say("compare", "Acme", "Apex", "--force-color")


def test_right_to_left_names_are_isolated() -> None:
    assert "\u2068شركة النور\u2069" in say("compare", "شركة النور", "Al Noor Company")


def test_json_holds_the_whole_answer_and_every_profile() -> None:
    answer = json.loads(say("compare", "Acme, Inc.", "Acme LLC", "--json", "--profile", "ucc"))
    assert answer["profile"]["id"] == "ucc"
    assert set(answer["other_profiles"]) == {"general", "strict", "kyc", "sanctions", "contract", "lc"}
    assert answer["differences"]
    assert "not legal advice" in answer["disclaimer"]


def test_a_review_says_what_would_settle_it() -> None:
    assert "What would settle it:" in say("compare", "Larkspur Holdings", "Larkspur Holdings, Inc.")


def test_names_that_cannot_be_compared_are_one_sentence() -> None:
    with pytest.raises(CommandError, match="empty"):
        say("compare", "Acme", "...")
    with pytest.raises(CommandError, match="moon"):
        say("compare", "Acme", "Apex", "--profile", "moon")


def test_evaluation_prints_both_f1_baselines_and_slices(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(PAIRS)
    shown = say("evaluate", str(path))
    for part in ("F1, positive = immaterial", "F1, positive = material", "Sent to review", "ECE"):
        assert part in shown
    for part in ("exact after normalisation", "rapidfuzz token_sort >= 90", "By kind", "org number_diff"):
        assert part in shown


def test_evaluation_as_json_counts_every_pair(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(PAIRS)
    answer = json.loads(say("evaluate", str(path), "--json"))
    assert answer["overall"]["n"] == 5
    assert answer["kind"]["organisation"]["n"] == 3
    assert answer["overall"]["accuracy"]["value"] == 1.0


def test_evaluation_of_a_wrong_file_or_share_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("name_a,name_b,label\nAcme,,1\n")
    with pytest.raises(CommandError, match="line 2"):
        say("evaluate", str(path))
    path.write_text(PAIRS)
    with pytest.raises(CommandError, match="share"):
        say("evaluate", str(path), "--held-out", "3")


def test_a_model_trains_from_constructed_pairs_alone(tmp_path: Path) -> None:
    report = StringIO()
    call_command(
        "train",
        "--output",
        str(tmp_path),
        "--constructed",
        "1500",
        "--seed",
        "3",
        stdout=report,
        stderr=StringIO(),
    )
    content = (tmp_path / "model.json").read_bytes()
    scorer = load_scorer(content)
    _, same = extract_features("Acme Trading Ltd", "Acme Traiding Ltd")
    _, other = extract_features("Acme Trading Ltd", "Zebra Mining LLC")
    assert scorer.predict_probability(same) < scorer.predict_probability(other)
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert "manage.py train --seed 3 --constructed 1500" in card
    assert json.loads(content)["training"]["estimator_sha256"] in card


def test_training_on_a_wrong_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        call_command(
            "train", "--pairs", str(tmp_path / "none.csv"), "--output", str(tmp_path), stderr=StringIO()
        )


@pytest.fixture(scope="module")
def rows() -> list[tuple[float, ...]]:
    return [
        extract_features(pair.left, pair.right, pair.kind)[1] for pair in generate_pairs(seed=11, size=2_000)
    ]


def test_the_shipped_model_equals_its_scikit_learn_estimator(rows: list[tuple[float, ...]]) -> None:
    shipped = files("matching.engine").joinpath("model/model.skops").read_bytes()
    estimator = skops.io.loads(shipped, trusted=skops.io.get_untrusted_types(data=shipped))
    expected = estimator.predict_proba(np.array(rows))[:, 1]
    scorer = load_default_scorer()
    assert scorer.predict_probabilities(rows) == pytest.approx(expected, abs=1e-9)
    assert [scorer.predict_probability(row) for row in rows] == pytest.approx(expected, abs=1e-9)


def test_contributions_of_the_shipped_model_add_up(rows: list[tuple[float, ...]]) -> None:
    scorer = load_default_scorer()
    for row in rows[::40]:
        probability = scorer.predict_probability(row)
        total = sum(scorer.compute_contributions(row).values())
        assert total == pytest.approx(np.log(probability / (1 - probability)), abs=1e-6)


def test_the_shipped_artefact_is_small_and_names_its_estimator() -> None:
    folder = files("matching.engine").joinpath("model")
    served, estimator = (
        folder.joinpath("model.json").read_bytes(),
        folder.joinpath("model.skops").read_bytes(),
    )
    training = json.loads(served)["training"]
    assert len(served) < 1_000_000
    assert training["estimator_sha256"] == hashlib.sha256(estimator).hexdigest()
    assert training["command"].startswith("manage.py train")
