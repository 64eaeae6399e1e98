"""The one byte form in which things are hashed and signed."""

import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def canonical(data: dict[str, Any]) -> bytes:
    """Write a mapping as JSON with sorted keys, no spaces, UTF-8: equal content gives equal bytes."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def digest(data: bytes | str) -> str:
    """Return the SHA-256 of bytes or of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def sign(key: Ed25519PrivateKey, data: dict[str, Any]) -> str:
    """Sign the canonical form with Ed25519; returns 128 hexadecimal digits."""
    return key.sign(canonical(data)).hex()


def signed(public: str, signature: str, data: dict[str, Any]) -> bool:
    """Tell whether `signature` over the canonical form was made by the holder of `public` (both hexadecimal)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), canonical(data))
    except (InvalidSignature, ValueError):
        return False
    return True
