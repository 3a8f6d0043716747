"""Environment variables are typed, and secrets may come from files."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_secret_is_read_from_the_file_that_its_variable_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    assert env.read_text("SOME_KEY") == "from the file"


def test_variable_itself_wins_over_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from the file")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SOME_KEY", "from the variable")
    assert env.read_text("SOME_KEY") == "from the variable"


def test_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY_FILE", "/nowhere/key")
    with pytest.raises(ImproperlyConfigured, match="SOME_KEY_FILE cannot be read"):
        env.read_text("SOME_KEY")


def test_missing_required_variable_is_named_with_its_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"SOME_KEY is not set \(signs forms\)"):
        env.read_required("SOME_KEY", "signs forms")


@pytest.mark.parametrize(("given", "meant"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_truth_values_are_read_in_the_usual_spellings(
    given: str, meant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SWITCH", given)
    assert env.read_boolean("SOME_SWITCH", not meant) is meant


def test_anything_else_is_not_a_truth_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SWITCH", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="SOME_SWITCH must be one of"):
        env.read_boolean("SOME_SWITCH", True)


@pytest.mark.parametrize("given", ["-1", "many", "1.5"])
def test_counts_are_whole_and_not_negative(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_COUNT", given)
    with pytest.raises(ImproperlyConfigured, match="SOME_COUNT must be"):
        env.read_count("SOME_COUNT", 3)


def test_database_url_is_taken_apart() -> None:
    settings = env.parse_database_url("postgresql://app:p%40ss@db.example:6543/names?sslmode=require")
    assert settings["USER"] == "app"
    assert settings["PASSWORD"] == "p@ss"
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.example", "6543", "names")
    assert settings["OPTIONS"]["sslmode"] == "require"


def test_database_of_another_kind_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="must begin with postgresql"):
        env.parse_database_url("sqlite:///names.db")
