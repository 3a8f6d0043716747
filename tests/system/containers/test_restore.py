"""A lost installation, its data and its secrets, come back from a backup as docs/backup.md says."""

import json
from pathlib import Path

from tests.system.containers.test_installation import Installation

PASSPHRASE = "a passphrase of this drill"


def test_a_lost_installation_comes_back_from_its_backup(installation: Installation, tmp_path: Path) -> None:
    installation.smoke("integration")
    backup = back_up(installation, tmp_path / "backups")
    api_key = (installation.secrets / "smoke_key").read_text()
    lost = {name: read_key(installation, name) for name in ("secret_key", "field_encryption_keys")}
    assert installation.run("deploy/bin/down", "--with-data").returncode == 0
    installation.secrets.rename(tmp_path / "lost")

    said = [
        succeed(installation, "deploy/bin/restore", "--keys", str(backup), BACKUP_PASSPHRASE=PASSPHRASE),
        succeed(installation, "deploy/bin/secrets"),
        succeed(installation, "deploy/bin/restore", str(backup)),
        succeed(installation, "deploy/bin/up"),
    ]
    assert {name: read_key(installation, name) for name in lost} == lost
    for proof in ("tables, as in the backup", "open in their places", "is loaded and compares: immaterial"):
        assert proof in said[2]
    (installation.secrets / "smoke_key").write_text(api_key)
    installation.smoke("integration")


def back_up(installation: Installation, folder: Path) -> Path:
    """Make a backup with keys while the installation answers, and return its folder."""
    made = succeed(
        installation, "deploy/bin/backup", "--keys", str(folder), BACKUP_PASSPHRASE=PASSPHRASE
    ).strip()
    assert list(folder.iterdir()) == [Path(made)]
    files = json.loads((Path(made) / "manifest.json").read_text())["files"]
    assert set(files) == {"database.dump", "mlflow.dump", "files.tar", "keys.enc"}
    return Path(made)


def read_key(installation: Installation, name: str) -> str:
    return (installation.secrets / name).read_text()


def succeed(installation: Installation, *command: str, **changes: str) -> str:
    done = installation.run(*command, **changes)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
