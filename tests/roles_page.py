"""`make roles` writes docs/roles.md: what each role may do, and which doors open for whom, by walking."""

import sys
from collections.abc import Mapping
from pathlib import Path

import django
from django.conf import settings
from django.test.utils import override_settings, setup_databases, setup_test_environment, teardown_databases

from config.settings_test import TEST_SERVERS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "roles.md"
HEAD = """# Roles

Written by `make roles` from the running product; do not edit. A test walks every address as every role and
compares. After a change of pages, endpoints or permissions run `make roles`, look at the difference, and
commit it.

Each role is a group; its permissions are rows that an administrator can change, and are read on every
request. A person has one role.
"""
DOORS = """## Doors

Who is let in by which method: `G` GET, `P` POST, `U` PUT, `A` PATCH, `D` DELETE, `–` nobody of that role.
Being let in is not yet being shown something: rows of other people are "not found", and a POST to a page
that takes none only shows it. The columns `key:…` are a client application's API key with that scope alone.
`/metrics` is open only in the embedded mode; elsewhere it needs `METRICS_TOKEN`. `/scim/v2/` needs
`SCIM_TOKEN`. The pages `…/history/` look for the row before they ask for the permission, and the rows of
this walk do not exist: those who may not see the row are refused once it does.
"""
GENEROUS = dict.fromkeys(("API_RATE", "BATCH_RATE", "LOGIN_RATE", "REFRESH_RATE"), "1000000/min")


def permissions() -> dict[str, set[str]]:
    """Return each role's permissions as the database has them."""
    found = Permission.objects.filter(group__name__in=Role.values)
    rows = found.values_list("group__name", "content_type__app_label", "codename", "name")
    by_codename: dict[str, set[str]] = {}
    for role, app, codename, name in rows:
        by_codename.setdefault(f"`{app}.{codename}` {name.removeprefix('Can ')}", set()).add(role)
    return by_codename


def permissions_table() -> str:
    """Write the permissions; an administrator has every one, by being administrator."""
    by_codename = permissions()
    roles = [role for role in Role.values if role != Role.ADMINISTRATOR]
    rows = {
        name: ["yes" if role in by_codename[name] else REFUSED for role in roles]
        for name in sorted(by_codename)
    }
    text = "An administrator may do everything; the others hold:\n\n"
    return f"## Permissions\n\n{text}{table('permission', roles, rows)}"


def table(corner: str, columns: list[str], rows: Mapping[str, list[str]]) -> str:
    """Write a table."""
    lines = [f"| {corner} | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"


def walked() -> dict[str, list[str]]:
    """Visit every address as everybody."""
    visitors = [Visitor(who) for who in WHO]
    return {f"`{door.shown}`": [visitor.finds(door) for visitor in visitors] for door in addresses()}


def written() -> dict[str, dict[str, str]]:
    """Read docs/roles.md: address -> who -> letters."""
    _, _, doors = PAGE.read_text(encoding="utf-8").partition("\n## Doors\n")
    rows = [line.strip("| ").split(" | ") for line in doors.splitlines() if line.startswith("| `")]
    return {address.strip("`"): dict(zip(WHO, cells, strict=True)) for address, *cells in rows}


def write() -> None:
    """Write docs/roles.md."""
    with override_settings(**GENEROUS):
        doors = table("address", list(WHO), walked())
    PAGE.write_text("\n".join([HEAD, permissions_table(), DOORS, doors]), encoding="utf-8")


def main() -> None:
    """Write the page on a database of its own."""
    setup_test_environment()
    with TEST_SERVERS.hold():
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            write()
        finally:
            teardown_databases(databases, verbosity=0)
    sys.stdout.write(f"{PAGE}\n")


if not settings.configured or __name__ == "__main__":
    django.setup()

from django.contrib.auth.models import Permission  # noqa: E402

from accounts.models import Role  # noqa: E402
from tests.walk import REFUSED, WHO, Visitor, addresses  # noqa: E402

if __name__ == "__main__":
    main()
