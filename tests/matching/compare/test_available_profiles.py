"""Profiles of registers: available only where the installation enables them; their benchmark."""

from __future__ import annotations

from pathlib import Path

from django.test import override_settings

from matching.benchmark.illustrations import report_illustrations
from matching.compare.available_profiles import get_available_profiles
from matching.engine import PROFILE_IDS, REGISTRY_PROFILE_IDS


def test_profiles_of_registers_are_available_only_where_enabled() -> None:
    assert tuple(get_available_profiles()) == PROFILE_IDS
    with override_settings(REGISTRY_PROFILES=True):
        assert tuple(get_available_profiles()) == (*PROFILE_IDS, *REGISTRY_PROFILE_IDS)


def test_illustrations_of_policy_are_compared_under_their_register_alone(tmp_path: Path) -> None:
    source = tmp_path / "rules.csv"
    source.write_text(
        "name_a,name_b,outcome,jurisdiction,note\n"
        "Zentrix Ltd,Zentrix Mumbai Ltd,immaterial,IN,place - registry policy\n"
        "Zentrix Ltd,Zentrix Limited,immaterial,IN,abbreviation\n",
        encoding="utf-8",
    )
    lines = list(report_illustrations(source))
    assert "| registry-in | 2 | 2 | 0 | 0 |" in lines
    assert "| general | 1 | 1 | 0 | 0 |" in lines
    assert list(report_illustrations(tmp_path / "absent.csv")) == []
