"""Verifies the proof of one audit event, or a report as JSON, offline; needs only Python 3.8 or newer.

    python verify_proof.py event-12.tlog-proof --key KEY
    python verify_proof.py event-12.tlog-proof --anchors anchors.jsonl
    python verify_proof.py report.json --key KEY

A proof (C2SP tlog-proof) holds the event, its place in the Merkle tree (RFC 6962) and a checkpoint of the
tree (C2SP tlog-checkpoint). The checkpoint must be signed by KEY, which ``manage.py audit key`` prints, or be
one of the anchors that were kept outside. A report holds a note, signed by KEY, with the digest of its
content; the page that verifies reports shows KEY too.

Exit status 0: the event is what it says and was in the trail, or the report is what was issued. 1: it is
not; the message says why.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
REPORT_LINE = "report"
"""Second line of the note of a report, where a checkpoint has a number."""

ED25519_TYPE = b"\x01"
"""Signature type of a signed note: Ed25519."""


class ProofError(Exception):
    """The proof does not hold; the message says why."""


class Note(NamedTuple):
    """A signed note (C2SP signed-note): its text, the name of the signer's log, and the signatures."""

    text: str
    origin: str
    signatures: list[tuple[str, bytes]]


class Checkpoint(NamedTuple):
    """A parsed checkpoint: the signed text and what it states."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]


class Proof(NamedTuple):
    """A parsed proof: the canonical JSON of the event, its index, the audit path and the checkpoint."""

    entry: bytes
    leaf_index: int
    path: list[bytes]
    checkpoint: Checkpoint


# --- Merkle tree (RFC 6962, section 2.1) -----------------------------------------------------------


def compute_leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def compute_node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of 0x01 and the two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def compute_root_from_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """Return the root that an audit path leads to (RFC 9162, section 2.1.3.2). Raises :class:`ProofError`."""
    if not 0 <= index < size:
        raise ProofError(f"index {index} is outside of the tree of {size}")
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("the audit path is too long")
        if node % 2 or node == last:
            root = compute_node_hash(sibling, root)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            root = compute_node_hash(root, sibling)
        node, last = node // 2, last // 2
    if last:
        raise ProofError("the audit path is too short")
    return root


# --- Signed notes (C2SP signed-note, tlog-checkpoint, tlog-proof) -----------------------------------


def compute_key_hash(name: str, public_key: bytes) -> bytes:
    """Return the four bytes by which a signature names its Ed25519 key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519_TYPE + public_key).digest()[:4]


def parse_checkpoint(note: str) -> Checkpoint:
    """Read a checkpoint. Raises :class:`ProofError`."""
    text, origin, signatures = parse_note(note)
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not lines[1].isdigit():
        raise ProofError("the checkpoint cannot be read")
    return Checkpoint(text, origin, int(lines[1]), _decode(lines[2]), signatures)


def parse_note(note: str) -> Note:
    """Read a signed note. Raises :class:`ProofError`."""
    text, blank, signed = note.partition("\n\n")
    if not blank:
        raise ProofError("the checkpoint cannot be read: it has no signature")
    signatures = []
    for line in signed.splitlines():
        dash, name, value = (*line.split(" "), "", "")[:3]
        if dash == "—":
            signatures.append((name, _decode(value)))
    return Note(text + "\n", text.split("\n")[0], signatures)


def parse_proof(text: str) -> Proof:
    """Read a proof. Raises :class:`ProofError`."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines[0] != PROOF_HEADER or len(lines) < 3:
        raise ProofError("this is not a proof of the form " + PROOF_HEADER)
    extra, index = lines[1].partition(" "), lines[2].partition(" ")
    if extra[0] != "extra" or index[0] != "index" or not index[2].isdigit():
        raise ProofError("the proof lacks the event or its index")
    return Proof(
        _decode(extra[2]), int(index[2]), [_decode(line) for line in lines[3:]], parse_checkpoint(note)
    )


def verify_signature(checkpoint: Checkpoint | Note, key: str) -> bool:
    """Return whether a verifier key (``name+hash+base64``) signed the checkpoint, or the note of a report."""
    name, _, encoded = (*key.split("+", 2), "", "")[:3]
    public_key = _decode(encoded)[1:]
    expected = compute_key_hash(name, public_key)
    return any(
        signer == name
        and value[:4] == expected
        and verify_ed25519(public_key, checkpoint.text.encode(), value[4:])
        for signer, value in checkpoint.signatures
    )


def verify_proof(proof: Proof) -> dict[str, Any]:
    """Return the event when entry, index, audit path and checkpoint fit. Raises :class:`ProofError`."""
    entry: dict[str, Any] = json.loads(proof.entry)
    if entry.get("seq") != proof.leaf_index + 1:
        raise ProofError(
            f"the event has seal {entry.get('seq')}, the proof is about seal {proof.leaf_index + 1}"
        )
    leaf = compute_leaf_hash(hashlib.sha256(proof.entry).digest())
    root = compute_root_from_path(proof.leaf_index, proof.checkpoint.size, leaf, proof.path)
    if root != proof.checkpoint.root:
        raise ProofError("the event was altered, or was not in the trail when the checkpoint was made")
    return entry


def compute_content_digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a report's content, as compact JSON with sorted keys."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify_report(report: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the content of a report that the key signed. Raises :class:`ProofError`."""
    note, content = parse_note(report["signature"]), report["content"]
    lines = note.text.split("\n")
    if lines[1:2] != [REPORT_LINE] or lines[2:3] != [compute_content_digest(content)]:
        raise ProofError("the report was altered after it was issued")
    if not verify_signature(note, key):
        raise ProofError("the report is not signed by the key")
    return dict(content)


def check_anchors(checkpoint: Checkpoint, path: Path) -> str:
    """Return when the checkpoint was anchored. Raises :class:`ProofError` when the file lacks it."""
    for line in path.read_text(encoding="utf-8").splitlines():
        anchor = json.loads(line)
        if anchor["seq"] == checkpoint.size and anchor.get("checkpoint"):
            if parse_checkpoint(anchor["checkpoint"]).text != checkpoint.text:
                raise ProofError(f"the checkpoint of {checkpoint.size} seals is not what was anchored")
            return str(anchor["at"])
    raise ProofError(f"{path.name} has no checkpoint of {checkpoint.size} seals")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(f"not base64: {text[:20]}") from None


# --- Ed25519 (RFC 8032, section 5.1.7): verification only, so nothing here is secret -----------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P


class _Point(NamedTuple):
    """A point of the curve in extended homogeneous coordinates."""

    x: int
    y: int
    z: int
    t: int


def _decompress(raw: bytes) -> _Point | None:
    """Return the point of 32 bytes in extended coordinates, or ``None`` when there is none."""
    sign, y = raw[31] >> 7, int.from_bytes(raw, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return _Point(x, y, 1, x * y % _P)


def _add(one: _Point, two: _Point) -> _Point:
    a = (one.y - one.x) * (two.y - two.x) % _P
    b = (one.y + one.x) * (two.y + two.x) % _P
    c, d = 2 * one.t * two.t * _D % _P, 2 * one.z * two.z % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _multiply(factor: int, point: _Point) -> _Point:
    product = _Point(0, 1, 1, 0)
    while factor:
        if factor & 1:
            product = _add(product, point)
        point, factor = _add(point, point), factor >> 1
    return product


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature of 64 bytes is that of the message under a public key of 32 bytes."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    base = _decompress((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    key, nonce = _decompress(public_key), _decompress(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if base is None or key is None or nonce is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    left = _multiply(scalar, base)
    right = _add(nonce, _multiply(int.from_bytes(digest, "little") % _ORDER, key))
    same_x = (left.x * right.z - right.x * left.z) % _P == 0
    return same_x and (left.y * right.z - right.y * left.z) % _P == 0


# --- Command line ----------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Check the proof of the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Check the proof of an audit event, or a report, offline.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key", help="the verifier key that `manage.py audit key` prints, kept outside")
    parser.add_argument("--anchors", type=Path, help="anchors kept outside, one JSON object per line")
    options = parser.parse_args(arguments)
    if not options.key and not options.anchors:
        parser.error("give --key or --anchors: without either, proof and checkpoint could both be made up")
    try:
        lines = _check(options)
    except (ProofError, KeyError, TypeError, ValueError, OSError) as error:
        sys.stderr.write(f"BROKEN {options.proof.name}: {error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _check(options: argparse.Namespace) -> list[str]:
    text = options.proof.read_text(encoding="utf-8")
    is_report = text.startswith("{")
    return _check_report(json.loads(text), options.key) if is_report else _check_proof(text, options)


def _check_report(report: dict[str, Any], key: str) -> list[str]:
    if not key:
        raise ProofError("a report is checked with --key; no anchor names it")
    content = verify_report(report, key)
    return [
        f"ok: report {content['reference']} of {content['issued_at']} is signed by the key and unaltered",
        json.dumps(content, indent=2, ensure_ascii=False),
    ]


def _check_proof(text: str, options: argparse.Namespace) -> list[str]:
    proof = parse_proof(text)
    entry, checkpoint = verify_proof(proof), proof.checkpoint
    lines = [f"ok: seal {entry['seq']} is in the tree of {checkpoint.size} seals of {checkpoint.origin}"]
    if options.key:
        if not verify_signature(checkpoint, options.key):
            raise ProofError("the checkpoint is not signed by the key")
        lines.append("ok: the checkpoint is signed by the key")
    if options.anchors:
        lines.append(f"ok: the checkpoint was anchored {check_anchors(checkpoint, options.anchors)}")
    return [*lines, json.dumps(entry, indent=2, sort_keys=True, ensure_ascii=False)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
