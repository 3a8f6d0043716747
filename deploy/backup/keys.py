"""The keys of an installation, encrypted with a passphrase: without them a backup's names cannot be read.

It opens without this program, too:
`openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -pass env:BACKUP_PASSPHRASE -in keys.enc`.
"""

import json
import os
import subprocess
from pathlib import Path

from deploy.backup.installation import ROOT, BackupError, read_setting

NAMES = (
    "SECRET_KEY",
    "JWT_SIGNING_KEY",
    "JWT_SIGNING_KEY_FALLBACKS",
    "NAME_DIGEST_KEY",
    "API_KEY_PEPPER",
    "ARTEFACT_KEY",
    "AUDIT_KEY",
    "AUDIT_KEY_FALLBACKS",
    "FIELD_ENCRYPTION_KEYS",
)
OPTIONAL = {"JWT_SIGNING_KEY_FALLBACKS", "AUDIT_KEY_FALLBACKS"}
CIPHER = (
    "openssl",
    "enc",
    "-aes-256-cbc",
    "-pbkdf2",
    "-iter",
    "600000",
    "-salt",
    "-pass",
    "env:BACKUP_PASSPHRASE",
)
SHORTEST_PASSPHRASE = 12


def write_keys(path: Path) -> None:
    """Write the keys, encrypted with BACKUP_PASSPHRASE. Raises BackupError."""
    keys = {name: value for name in NAMES if (value := _read_key(name))}
    if missing := [name for name in NAMES if name not in keys and name not in OPTIONAL]:
        raise BackupError(
            f"{missing[0]} is neither in the environment nor in SECRETS_DIR: the keys are not backed up."
        )
    path.write_bytes(_run_cipher("-e", json.dumps(keys).encode()))


def restore_keys(path: Path, folder: Path) -> int:
    """Write the keys as files of their own into a folder that has none of them; return how many.

    Raises BackupError for a key that is there, a wrong passphrase and a damaged file.
    """
    try:
        keys = json.loads(_run_cipher("-d", path.read_bytes()))
    except ValueError:
        raise BackupError(f"{path} does not open with this passphrase.") from None
    present = [name for name in NAMES if (folder / name.lower()).exists()]
    if present:
        raise BackupError(
            f"{folder / present[0].lower()} exists: move the keys of this installation away first."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in keys.keys() & set(NAMES):
        file = folder / name.lower()
        file.touch(mode=0o600)
        file.write_text(keys[name], encoding="ascii")
    return len(keys)


def find_folder() -> Path:
    """Return the folder in which each key is a file: SECRETS_DIR, else that of deploy/bin/up."""
    return Path(os.environ.get("SECRETS_DIR") or ROOT / "var/compose/secrets")


def _read_key(name: str) -> str:
    file = find_folder() / name.lower()
    return read_setting(name) or (file.read_text(encoding="utf-8").strip() if file.is_file() else "")


def _run_cipher(direction: str, content: bytes) -> bytes:
    """Encrypt or decrypt. Raises BackupError without a passphrase, ValueError where it does not fit."""
    if len(os.environ.get("BACKUP_PASSPHRASE", "")) < SHORTEST_PASSPHRASE:
        raise BackupError(
            f"Set BACKUP_PASSPHRASE to a passphrase of at least {SHORTEST_PASSPHRASE} characters."
        )
    try:
        done = subprocess.run([*CIPHER, direction], input=content, capture_output=True, check=True)
    except FileNotFoundError:
        raise BackupError("openssl is missing: it encrypts the keys.") from None
    except subprocess.CalledProcessError as error:
        raise ValueError(error.stderr) from None
    return done.stdout
