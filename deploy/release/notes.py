"""`python -m deploy.release.notes VERSION`: what the changelog says of a version, in Markdown."""

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def main(version: str) -> int:
    """Print the section and return the exit code: 1 for a version that the changelog does not know."""
    notes = find_notes(CHANGELOG.read_text(encoding="utf-8"), version)
    if not notes:
        print(f"CHANGELOG.md has no section for {version}.", file=sys.stderr)
        return 1
    print(notes)
    return 0


def find_notes(changelog: str, version: str) -> str:
    """Return the text under the heading of a version, `` when there is none."""
    section = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    return section[1].strip() if section else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
