"""What is different between two comparisons of the same pair, in lines for the page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from matching.pages import presenter


class Change(NamedTuple):
    """One thing that is not what it was."""

    label: str
    before: str
    now: str


def list_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Return what changed between two answers as the API returns them: the answer first, its basis last."""
    lines = [
        Change(_("Verdict"), _get_title(before), _get_title(now)),
        Change(_("How sure"), presenter.describe_certainty(before), presenter.describe_certainty(now)),
        *_compare_differences(before["differences"], now["differences"]),
        Change(_("Rules"), str(before["rules_version"]), str(now["rules_version"])),
        Change(_("Model"), str(before["model"]["version"]), str(now["model"]["version"])),
    ]
    return [line for line in lines if line.before != line.now]


def _get_title(answer: Mapping[str, Any]) -> str:
    return presenter.get_verdict_badge(answer["verdict"]).title


def _compare_differences(before: list[Mapping[str, Any]], now: list[Mapping[str, Any]]) -> list[Change]:
    """Return the differences that came, went or have another effect."""
    old, new = _list_effects(before), _list_effects(now)
    titles = {item["category"]: str(item["title"]) for item in (*before, *now)}
    return [Change(titles[key], old.get(key, _("not found")), new.get(key, _("not found"))) for key in titles]


def _list_effects(differences: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return the effects of each category, each effect once, in the order of the differences."""
    effects: dict[str, list[str]] = {}
    for item in differences:
        shown = presenter.EFFECT_TEXTS[item["effect"]][1]
        known = effects.setdefault(item["category"], [])
        known += [shown] if shown not in known else []
    return {key: ", ".join(texts) for key, texts in effects.items()}
