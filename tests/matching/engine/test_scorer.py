import json
import math
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import compare, load_default_scorer, score_many
from matching.engine.compared_pair import compare_pair
from matching.engine.model.forest import Forest
from matching.engine.model.leaves import LeafLoops, LeafMasks, Tree
from matching.engine.model.schema import FEATURE_NAMES, compute_schema_hash
from matching.engine.model.scorer import CompiledScorer, load_scorer
from matching.engine.types import ArtefactError, Kind, Verdict

N = len(FEATURE_NAMES)
TREE = [
    [3, -1, 5, -1, -1],
    [0.5, 0.0, 1.5, 0.0, 0.0],
    [1, 0, 3, 0, 0],
    [2, 0, 4, 0, 0],
    [0.1, -1.0, 1.0, 0.5, 2.0],
]
PROMISED = {"immaterial_below": 0.1, "material_above": 0.9}


def artefact(**changes: Any) -> bytes:
    parts = {
        "format": 1,
        "name": "names",
        "version": "7",
        "schema": compute_schema_hash(),
        "features": list(FEATURE_NAMES),
        "model": {"form": "forest", "baseline": -0.25, "trees": [TREE, TREE]},
        "calibration": {"method": "sigmoid", "slope": 1.5, "intercept": 0.1},
        "thresholds": {
            "organisation": PROMISED,
            "individual": {"immaterial_below": -1.0, "material_above": 2.0},
        },
    }
    return json.dumps({**parts, **changes}).encode()


def row(**values: float) -> tuple[float, ...]:
    return tuple(values.get(f"f{at}", 0.0) for at in range(N))


@pytest.fixture
def scorer() -> CompiledScorer:
    return load_scorer(artefact())


def test_a_row_walks_its_path_and_is_calibrated(scorer: CompiledScorer) -> None:
    log_odds = 1.5 * (-0.25 + 2 * 0.5) + 0.1
    assert scorer.predict_probability(row(f3=1.0)) == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-12)


@pytest.mark.parametrize("count", [1, 7, 8, 110, 128, 129, 300])
def test_loops_add_leaves_in_the_order_of_numpy(count: int) -> None:
    chance = Random(count)
    leaves = [[chance.gauss(0, 1) for _ in range(3)] for _ in range(count)]
    grown = Tree(*TREE)  # type: ignore[arg-type]  # five lists of numbers
    trees = [grown._replace(value=[0.0, one, 0.0, two, three]) for one, two, three in leaves]
    rows = [row(f3=chance.random(), f5=3 * chance.random()) for _ in range(20)] + [row(), row(f3=-1.0)]
    masks = LeafMasks(trees, N)
    loops, forest = LeafLoops(masks), Forest(0.0, trees, N)
    assert [loops.find(one) for one in rows] == [masks.find(one) for one in rows]
    assert [loops.add_values(masks.find(one)) for one in rows] == forest.score_rows(rows).tolist()


def test_many_rows_give_the_same_as_one_by_one(scorer: CompiledScorer) -> None:
    rows = [row(), row(f3=0.5), row(f3=0.6), row(f3=9.0, f5=1.5), row(f3=9.0, f5=1.6)]
    assert scorer.predict_probabilities(rows) == pytest.approx(
        [scorer.predict_probability(one) for one in rows], abs=1e-12
    )
    assert scorer.predict_probabilities([]) == []


@pytest.mark.parametrize(
    "calibration",
    [
        {"method": "sigmoid", "slope": 1.5, "intercept": 0.1},
        {"method": "isotonic", "scores": [-3.0, 0.0, 3.0], "probabilities": [0.0, 0.2, 1.0]},
    ],
)
def test_contributions_add_up_to_the_log_odds_of_the_answer(calibration: dict[str, Any]) -> None:
    scorer = load_scorer(artefact(calibration=calibration))
    for one in (row(), row(f3=2.0), row(f3=2.0, f5=4.0)):
        probability = scorer.predict_probability(one)
        total = sum(scorer.compute_contributions(one).values())
        assert total == pytest.approx(math.log(probability / (1 - probability)), abs=1e-9)


def test_contributions_name_only_features_on_the_path(scorer: CompiledScorer) -> None:
    assert set(scorer.compute_contributions(row())) == {FEATURE_NAMES[3], "baseline"}


def test_thresholds_belong_to_a_kind(scorer: CompiledScorer) -> None:
    assert scorer.get_thresholds(Kind.ORGANISATION).immaterial_below == 0.1
    assert scorer.get_thresholds(Kind.INDIVIDUAL).material_above == 2.0


def test_a_profile_may_have_thresholds_of_its_own() -> None:
    stricter = {"immaterial_below": -1.0, "material_above": 0.95}
    scorer = load_scorer(
        artefact(
            thresholds={
                "organisation": PROMISED,
                "individual": PROMISED,
                "organisation/kyc": stricter,
            }
        )
    )
    assert scorer.get_thresholds(Kind.ORGANISATION, "kyc").material_above == 0.95
    assert scorer.get_thresholds(Kind.ORGANISATION, "lc").material_above == 0.9
    assert scorer.get_thresholds(Kind.INDIVIDUAL, "kyc").material_above == 0.9


def test_one_sure_material_cause_is_enough_and_equal_ones_must_all_be_sure() -> None:
    rates = {
        "organisation": {"errors": 9, "n": 100, "rate": 0.09},
        "organisation/O25": {"errors": 2, "n": 40, "rate": 0.05},
        "organisation/O20": {"errors": 0, "n": 60, "rate": 0.01},
    }
    scorer = load_scorer(artefact(measured_errors={"general": {"material": rates, "immaterial": rates}}))
    ask = partial(scorer.get_error_rate, "general")
    material, immaterial, kind = Verdict.MATERIAL, Verdict.IMMATERIAL, Kind.ORGANISATION
    assert [ask(material, kind, (cause,)) for cause in ("O20", "O25", "O99")] == [0.01, 0.05, 0.09]
    assert ask(material, kind, ("O20", "O25")) == 0.01
    assert ask(immaterial, kind, ("O20", "O25")) == 0.05
    assert ask(material, Kind.INDIVIDUAL, ("O20",)) is None
    assert scorer.get_error_rate("ucc", material, kind, ("O20",)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "another"},
        {"features": ["one", *FEATURE_NAMES[1:]]},
        {"features": list(FEATURE_NAMES[::-1])},
    ],
)
def test_an_artefact_for_other_features_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match="other features"):
        load_scorer(artefact(**changes))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        artefact(model={"form": "oracle"}),
        artefact(model={"form": "forest", "baseline": 0, "trees": [[[N], [0], [0], [0], [1]]]}),
        artefact(calibration={}),
        artefact(thresholds={"ship": PROMISED}),
    ],
)
def test_a_damaged_artefact_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(ArtefactError, match="damaged"):
        load_scorer(data)


def test_an_artefact_of_another_format_is_refused() -> None:
    with pytest.raises(ArtefactError, match="format 2"):
        load_scorer(artefact(format=2))


def test_extreme_scores_stay_probabilities_with_finite_log_odds() -> None:
    scorer = load_scorer(artefact(calibration={"method": "sigmoid", "slope": 1e6, "intercept": 0}))
    assert 0 < scorer.predict_probability(row()) < scorer.predict_probability(row(f3=9.0, f5=9.0)) < 1
    assert all(0 < said < 1 for said in scorer.predict_probabilities([row(), row(f3=9.0, f5=9.0)]))


def comb(leaves: int) -> Tree:
    """A tree that asks two features in turn, every time splitting one leaf off; values are all different."""
    splits, nodes = leaves - 1, 2 * leaves - 1
    asked = [at // 2 % 2 if at % 2 == 0 and at // 2 < splits else -1 for at in range(nodes)]
    left = [at + 1 if asked[at] >= 0 else 0 for at in range(nodes)]
    right = [at + 2 if asked[at] >= 0 else 0 for at in range(nodes)]
    return Tree(asked, [at - 3.0 for at in range(nodes)], left, right, [at / 7 for at in range(nodes)])


def walk(tree: Tree, values: tuple[float, ...]) -> float:
    node = 0
    while tree.feature[node] >= 0:
        below = values[tree.feature[node]] <= tree.threshold[node]
        node = tree.left[node] if below else tree.right[node]
    return tree.value[node]


@pytest.mark.parametrize("leaves", [2, 8, 9, 20, 33, 64])
@given(st.lists(st.tuples(st.integers(-5, 130), st.integers(-5, 130)), min_size=1, max_size=5))
def test_trees_of_any_size_give_what_a_walk_through_them_gives(
    leaves: int, rows: list[tuple[float, ...]]
) -> None:
    trees = [comb(leaves), comb(3)]
    expected = [0.5 + sum([walk(tree, row) for tree in trees]) for row in rows]
    assert Forest(0.5, trees, 2).score_rows(rows).tolist() == pytest.approx(expected)


def test_the_second_question_is_asked_by_the_thresholds_of_the_profile() -> None:
    lenient = {"immaterial_below": 1.0, "material_above": 2.0}
    none = {"immaterial_below": -1.0, "material_above": 2.0}
    shipped = dict(load_default_scorer().artefact)
    for kind, contract in ((none, lenient), (lenient, none)):
        thresholds = {"organisation": kind, "individual": none, "organisation/contract": contract}
        scorer = load_scorer(json.dumps({**shipped, "thresholds": thresholds}).encode())
        pair = compare_pair(*NAMES_OF_ONE_BEGINNING, Kind.ORGANISATION)
        whole, rest = pair.build_row(), pair.build_rest_row()
        assert rest is not None
        asked = [
            scorer.predict_probability(row) for row in ((whole, rest) if contract is lenient else (whole,))
        ]
        alone = compare(*NAMES_OF_ONE_BEGINNING, "contract", "organisation", scorer=scorer)
        (bulk,) = score_many([NAMES_OF_ONE_BEGINNING], "contract", "organisation", scorer)
        assert not isinstance(bulk, ValueError)
        assert alone.material_probability == pytest.approx(max(asked), abs=1e-9)
        assert bulk.material_probability == pytest.approx(max(asked), abs=1e-9)


NAMES_OF_ONE_BEGINNING = ("Zyltronk Corbelle Ltd", "Zyltronk Coxbelle Ltd")
