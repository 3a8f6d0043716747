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


def test_every_role_of_process_limits_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read_database_timeouts("web").startswith(
        "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s "
    )
    monkeypatch.setenv("DATABASE_LOCK_SECONDS", "3")
    assert "-c lock_timeout=3s" in env.read_database_timeouts("worker")
    assert "-c statement_timeout=0s" in env.read_database_timeouts("command")
    with pytest.raises(ImproperlyConfigured, match="PROCESS_ROLE must be one of web, worker, beat, command"):
        env.read_database_timeouts("somebody")


def test_either_side_of_a_database_connection_soon_notices_that_the_other_is_gone() -> None:
    client = env.parse_database_url("postgresql://app@db.example/names")["OPTIONS"]
    assert (client["keepalives_idle"], client["keepalives_interval"], client["keepalives_count"]) == (5, 2, 3)
    own = env.parse_database_url("postgresql://app@db.example/names?keepalives_idle=30")["OPTIONS"]
    assert own["keepalives_idle"] == "30"
    assert env.read_database_timeouts("worker").endswith(
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    )


def test_only_web_processes_may_share_connections_by_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read_transaction_pooling("worker") is False
    monkeypatch.setenv("DATABASE_TRANSACTION_POOLING", "true")
    assert env.read_transaction_pooling("web") is True
    for role in ("worker", "beat", "command"):
        with pytest.raises(ImproperlyConfigured, match=f"for web processes, and this is a {role}"):
            env.read_transaction_pooling(role)


def test_options_of_the_database_url_come_before_the_limits_of_the_role() -> None:
    plain = env.parse_database_url("postgresql://app@db.example/names", "-c lock_timeout=3s")
    assert plain["OPTIONS"]["options"] == "-c lock_timeout=3s"
    own = env.parse_database_url("postgresql://app@db.example/names?options=-c%20lock_timeout%3D9s", "x")
    assert own["OPTIONS"]["options"] == "-c lock_timeout=9s"


def test_database_of_another_kind_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="must begin with postgresql"):
        env.parse_database_url("sqlite:///names.db")
