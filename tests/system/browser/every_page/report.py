"""The report of the looks at every page: who saw how many, and everything that was found."""

from collections.abc import Iterable
from pathlib import Path

from tests.system.browser.every_page.visits import Look


class Report:
    """A text file that grows with every person who walked through the pages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(exist_ok=True)
        path.write_text("")

    def add(self, who: str, looks: Iterable[Look]) -> list[str]:
        """Write what somebody saw and everything that was found; return the findings as lines."""
        patterns: dict[str, None] = {}
        places: dict[str, list[str]] = {}
        for look in looks:
            patterns[look.pattern] = None
            for rule, place in look.findings:
                finding = f"{who} | {look.pattern} | {rule} | {' '.join(place.split())}"
                places.setdefault(finding, []).append(f"{look.width} {look.scheme}")
        findings = [f"{finding} | {', '.join(shown)}" for finding, shown in places.items()]
        lines = [f"{who}: {len(patterns)} pages, {len(findings)} findings", *sorted(patterns), *findings, ""]
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
        return findings
