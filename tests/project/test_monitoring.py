"""The files of deploy/monitoring agree with the runbook, the page of metrics and their code."""

import re
from typing import Any

import yaml

from deploy.monitoring import dashboards
from tests.project.test_house_rules import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
OWN_METRIC = re.compile(r"\blnc_\w+|\b(?:cpu|memory)_usage_percent\b|\bprocess_\w+")
SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alert_has_a_section_of_the_runbook_and_a_test() -> None:
    names = [rule["alert"] for rule in rules() if "alert" in rule]
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    tests = (FOLDER / "rules.test.yml").read_text(encoding="utf-8")
    sections = runbook.split("\n## ")
    for name in names:
        (section,) = [text for text in sections if text.startswith(f"`{name}`\n")]
        assert all(f"**{part}.**" in section for part in ("Meaning", "Check", "Action")), name
        assert f'alertname="{name}"' in tests, name
    assert len(names) == len(set(names)) >= 20


def test_rules_and_dashboards_use_only_metrics_that_the_page_of_metrics_names() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    queries = [rule["expr"] for rule in rules()]
    queries += [
        query
        for panels in dashboards.DASHBOARDS.values()
        for panel in panels
        for query in panel.queries.values()
    ]
    names = {SUFFIX.sub("", name) for query in queries for name in OWN_METRIC.findall(query)}
    assert [name for name in sorted(names) if f"| `{name}` |" not in page] == []


def test_the_committed_dashboards_are_those_of_the_code() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "dashboards").iterdir()}
    assert committed == dashboards.render_all(), "run `make dashboards`"
