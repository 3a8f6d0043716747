"""`python -m tests.demo`: fill an empty installation with demonstration data, then say how to look at it."""

import io
import os
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> int:
    """Fill the installation once; a second call only says where to sign in."""
    from config.local.embedded import EmbeddedServers, get_home_folder  # noqa: PLC0415 - before Django

    home = get_home_folder()
    servers = EmbeddedServers(home)
    with servers.hold():
        os.environ["DATABASE_OWNER_URL"] = servers.postgres.build_url()  # it migrates
        import django  # noqa: PLC0415 - after the servers are up

        django.setup()
        from accounts.models import User  # noqa: PLC0415 - after Django was set up
        from tests.demo.people import DOMAIN  # noqa: PLC0415

        password_file = home / "demo-password"
        if not password_file.exists():
            password_file.write_text(secrets.token_urlsafe(9))
            password_file.chmod(0o600)
        password = password_file.read_text()
        began = time.monotonic()
        _fill(password)
        seconds = time.monotonic() - began
        logins = User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("created_at")
        _print_logins([str(user.email) for user in logins], password, seconds)
    return 0


def _fill(password: str) -> None:
    import time_machine  # noqa: PLC0415 - after Django was set up
    from django.core.management import call_command  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from tests.demo.people import DOMAIN, create_demo_users  # noqa: PLC0415
    from tests.demo.story import DAYS, DemoStory, run_hourly_tasks  # noqa: PLC0415

    call_command("migrate", "--verbosity=0")
    if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
        return
    first = datetime.now(UTC) - timedelta(days=DAYS)
    with time_machine.travel(first.replace(hour=7), tick=True) as clock:
        call_command("prepare", stdout=io.StringIO())
        story = DemoStory(create_demo_users(password), clock, _print_step)
        story.run(first.date())
    run_hourly_tasks()


def _print_step(text: str) -> None:
    print(f"==> {text}", flush=True)


def _print_logins(emails: list[str], password: str, seconds: float) -> None:
    print(f"Demonstration data is in place ({seconds:.0f} s). Sign in as any of these, password {password}:")
    for email in emails:
        print(f"    {email}")


if __name__ == "__main__":
    sys.exit(main())
