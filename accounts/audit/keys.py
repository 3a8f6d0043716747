"""The audit key, which the database does not hold: it authenticates seals and signs checkpoints.

Whoever can rewrite the whole database can compute every SHA-256 of the chain again, but no HMAC and no
signature. ``AUDIT_KEY`` signs; ``AUDIT_KEY_FALLBACKS`` only verify. The hash chain makes a seal vouch for all
seals before it, so an old key may go once the head has been made with a newer one.
"""

from __future__ import annotations

import base64
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.audit.proof_verifier import (
    ED25519_TYPE,
    REPORT_LINE,
    Checkpoint,
    compute_key_hash,
    verify_signature,
)
from accounts.encryption.crypto import compute_digest_with_key, compute_key_id


def compute_seal_mac(link_hash: str) -> tuple[str, str]:
    """Return the id of the current key and the HMAC-SHA-256 of a seal's hash under it."""
    return compute_key_id(settings.AUDIT_KEY), compute_digest_with_key(settings.AUDIT_KEY, "seal", link_hash)


def is_key_known(key_id: str) -> bool:
    """Return whether the key with this id is configured."""
    return key_id in _load_keys()


def verify_seal_mac(link_hash: str, key_id: str, mac: str) -> bool:
    """Return whether a HMAC is that of a seal's hash under a configured key."""
    key = _load_keys().get(key_id)
    return key is not None and hmac.compare_digest(compute_digest_with_key(key, "seal", link_hash), mac)


def sign_checkpoint(origin: str, size: int, root: bytes) -> str:
    """Return a checkpoint (C2SP tlog-checkpoint) signed with Ed25519 by the current key."""
    return _sign_note(origin, f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n")


def sign_report(origin: str, digest: str) -> str:
    """Return the statement that this installation issued a report with this SHA-256, as a signed note.

    Its second line is no number, so it can never be read as a checkpoint, which the same key signs.
    """
    return _sign_note(origin, f"{origin}\n{REPORT_LINE}\n{digest}\n")


def _sign_note(origin: str, text: str) -> str:
    private = _derive_signing_key(settings.AUDIT_KEY)
    key_hash = compute_key_hash(origin, private.public_key().public_bytes_raw())
    signature = base64.b64encode(key_hash + private.sign(text.encode())).decode()
    return f"{text}\n— {origin} {signature}\n"


def verify_checkpoint(checkpoint: Checkpoint) -> bool:
    """Return whether a configured key signed the checkpoint."""
    return any(verify_signature(checkpoint, key) for key in list_verifier_keys(checkpoint.origin))


def names_known_key(checkpoint: Checkpoint) -> bool:
    """Return whether a signature of the checkpoint names a configured key, be it valid or not."""
    known = {bytes.fromhex(key.split("+")[1]) for key in list_verifier_keys(checkpoint.origin)}
    return any(value[:4] in known for _, value in checkpoint.signatures)


def list_verifier_keys(origin: str) -> list[str]:
    """Return the public keys of the log as ``name+hash+base64`` (C2SP signed-note), the current one first."""
    keys = []
    for secret in (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS):
        public = _derive_signing_key(secret).public_key().public_bytes_raw()
        encoded = base64.b64encode(ED25519_TYPE + public).decode()
        keys.append(f"{origin}+{compute_key_hash(origin, public).hex()}+{encoded}")
    return keys


def _load_keys() -> dict[str, str]:
    return {compute_key_id(key): key for key in (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS)}


def _derive_signing_key(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(SHA256(), 32, salt=None, info=b"audit checkpoint").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)
