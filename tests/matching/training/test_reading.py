from pathlib import Path

import pytest

from matching.training.synthetic import DatasetSplit, PairsFileError, assign_split, read_pairs

HEADER = "name_a,name_b,label,kind,source,note\n"


def write(folder: Path, body: str, header: str = HEADER) -> Path:
    path = folder / "pairs.csv"
    path.write_text(header + body, encoding="utf-8")
    return path


def test_label_one_means_the_same_name_and_is_turned_round_once(tmp_path: Path) -> None:
    path = write(
        tmp_path, "Acme Inc,ACME INC,1,org,made,case;cik=1\nAcme Inc,Apex Inc,0,org,made,swap;hard\n"
    )
    assert [pair.material for pair in read_pairs(path)] == [False, True]


def test_kinds_tags_and_sources_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, 'Ann Roe,"Roe, Ann",1,person,made,reorder;x\n')
    pair = read_pairs(path)[0]
    assert (pair.kind, pair.category, pair.source) == ("individual", "reorder", "made")


def test_pairs_of_one_entity_share_a_group_through_ids_and_through_names(tmp_path: Path) -> None:
    same = "Acme Inc,ACME Inc.,1,org,m,t;cik=7\nAcme Incorporated,A.C.M.E.,1,org,m,t;cik=7\n"
    body = f"{same}ACME inc,Zeta,0,org,m,t;hard\n"
    pairs = read_pairs(write(tmp_path, body))
    assert len({pair.entity for pair in pairs}) == 1
    assert pairs[2].right_entity != pairs[2].entity


def test_names_of_different_entities_are_not_joined_by_a_negative_pair(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, "Acme,Zeta,0,org,m,t\nZeta,ZETA,1,org,m,t;cik=2\n"))
    assert pairs[0].entity != pairs[1].entity
    assert pairs[0].right_entity == pairs[1].entity


def test_no_held_out_entity_is_ever_trained_on(tmp_path: Path) -> None:
    names = [f"Name{a}{b}" for a in "abcdefgh" for b in "klmnop"]
    rows = [f"{one},{other},0,org,m,t\n" for one, other in zip(names, reversed(names), strict=True)]
    pairs = read_pairs(write(tmp_path, "".join(rows)))
    trained = {
        name
        for pair in pairs
        if assign_split(pair, 0.3) is DatasetSplit.TRAIN
        for name in (pair.entity, pair.right_entity)
    }
    tested = {pair.entity for pair in pairs if assign_split(pair, 0.3) is DatasetSplit.HELD_OUT}
    assert min(len(trained), len(tested)) > 0
    assert not trained & tested


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Acme,,1,org,m,t\n", "line 2: a name is empty"),
        ("Acme,Acme,2,org,m,t\n", "line 2: the label must be 1"),
        ("Acme,Acme,1,org,m,t\nAcme,Acme,1,ship,m,t\n", "line 3: the kind"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(PairsFileError, match=message):
        read_pairs(write(tmp_path, body))


def test_a_missing_file_and_a_missing_column_are_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(PairsFileError, match="does not exist"):
        read_pairs(tmp_path / "none.csv")
    with pytest.raises(PairsFileError, match="no column label"):
        read_pairs(write(tmp_path, "a,b\n", "name_a,name_b\n"))


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(b"name_a,name_b,label\n\xff\xfe,x,1\n")
    with pytest.raises(PairsFileError, match="not UTF-8"):
        read_pairs(path)
