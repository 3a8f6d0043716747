"""Verifies evidence packs of Legal Name Comparison offline; needs only Python 3.8 or newer.

    python verify.py                        the pack this file was unpacked from
    python verify.py 2026-01.zip 2026-02.zip    several packs, and that each continues the one before
    python verify.py --anchors anchors.jsonl 2026-01.zip    and that the chain holds the published anchors

Exit status 0: all checks passed. 1: something was altered, removed or added; the first such row is named.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FileReader = Callable[[str], bytes]


class VerificationError(Exception):
    """A check failed; the message names the first row."""


def compute_link_hash(previous: str, seq: int, event: dict[str, Any]) -> str:
    """Return the SHA-256 that ties an event to everything before it."""
    body = {"seq": seq, "prev": previous, **event}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def open_pack(path: Path) -> FileReader:
    """Return a reader of the files of a pack, which is a ZIP or the folder it was unpacked to."""
    if path.is_dir():
        return lambda name: (path / name).read_bytes()
    archive = zipfile.ZipFile(path)
    return archive.read


def check_files(read: FileReader, manifest: dict[str, Any]) -> None:
    """Compare every file with its digest in the manifest."""
    for name, expected in sorted(manifest["files"].items()):
        try:
            digest = hashlib.sha256(read(name)).hexdigest()
        except (KeyError, OSError):
            raise VerificationError(f"{name} is missing") from None
        if digest != expected:
            raise VerificationError(f"{name} is not the file the manifest was made of")


def read_rows(read: FileReader, name: str) -> Iterator[dict[str, Any]]:
    """Read a file of one JSON object per line."""
    for line in read(name).decode().splitlines():
        yield json.loads(line)


def check_chain(read: FileReader, manifest: dict[str, Any]) -> dict[int, str]:
    """Verify the chain; return the hash of every seal by number."""
    previous, seq, hashes = manifest["prev_hash"], manifest["first_seq"] - 1, {}
    for row in read_rows(read, "chain.jsonl"):
        if row["seq"] != seq + 1:
            raise VerificationError(f"seal {seq + 1} is missing (found {row['seq']})")
        seq = row["seq"]
        if row["prev"] != previous:
            raise VerificationError(f"seal {seq} does not follow seal {seq - 1}")
        if row["hash"] != compute_link_hash(previous, seq, row["event"]):
            raise VerificationError(
                f"event {row['event']['id']} (seal {seq}) was altered after it was sealed"
            )
        previous = hashes[seq] = row["hash"]
    if seq != manifest["last_seq"] or previous != manifest["head"]:
        raise VerificationError(f"the chain ends at seal {seq}; the manifest says {manifest['last_seq']}")
    return hashes


def check_accesses(read: FileReader, hashes: dict[int, str]) -> None:
    """Check that every listed access is a link of the chain."""
    for row in read_rows(read, "accesses.jsonl"):
        if hashes.get(row["seq"]) != row["hash"]:
            raise VerificationError(f"the access of seal {row['seq']} is not in the chain")


def check_anchors(path: Path, hashes: dict[int, str], first: int) -> int:
    """Check that the chain holds the published anchors; return how many are in it."""
    count = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        anchor = json.loads(line)
        if anchor["seq"] < first or not anchor["seq"]:
            continue
        if hashes and anchor["seq"] > max(hashes):
            raise VerificationError(
                f"seal {anchor['seq']}, anchored {anchor['at']}, is gone: the end was cut"
            )
        if hashes.get(anchor["seq"]) != anchor["hash"]:
            raise VerificationError(f"seal {anchor['seq']} is not what was anchored {anchor['at']}")
        count += 1
    return count


def check_pack(path: Path, before: dict[str, Any] | None) -> tuple[dict[str, Any], dict[int, str]]:
    """Check one pack, and that it continues the pack before it."""
    read = open_pack(path)
    manifest: dict[str, Any] = json.loads(read("manifest.json"))
    check_files(read, manifest)
    hashes = check_chain(read, manifest)
    check_accesses(read, hashes)
    if before and (manifest["prev_hash"], manifest["first_seq"]) != (before["head"], before["last_seq"] + 1):
        raise VerificationError(
            f"it does not go on where {before['period']} ended (seal {before['last_seq']})"
        )
    return manifest, hashes


def main(arguments: list[str]) -> int:
    """Check the packs of the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Check evidence packs, offline.")
    parser.add_argument("packs", nargs="*", type=Path, default=[Path(__file__).resolve().parent])
    parser.add_argument("--anchors", type=Path, help="anchors kept outside, one JSON object per line")
    options = parser.parse_args(arguments)
    before, all_hashes = None, {}
    for path in options.packs:
        try:
            before, hashes = check_pack(path, before)
        except (VerificationError, KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
            sys.stderr.write(f"BROKEN {path.name}: {error}\n")
            return 1
        all_hashes.update(hashes)
        sys.stdout.write(f"ok {before['period']}: {len(hashes)} seals, head {before['head']}\n")
    return _report_anchors(options.anchors, all_hashes) if options.anchors else 0


def _report_anchors(path: Path, hashes: dict[int, str]) -> int:
    try:
        count = check_anchors(path, hashes, min(hashes, default=0))
    except (VerificationError, KeyError, ValueError, OSError) as error:
        sys.stderr.write(f"BROKEN {path.name}: {error}\n")
        return 1
    sys.stdout.write(f"ok {path.name}: {count} anchors are in the chain\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
