"""Where a site keeps its log, keys and lists: `~/.local/state/myna`, or `MYNA_STATE_DIR`."""

import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from myna.errors import MynaError
from myna.limits import LARGEST_JSON
from myna.parsing import read_bytes


def state_dir() -> Path:
    """Return the state folder, made when missing and closed to other users.

    Raises:
        MynaError: The folder cannot be made.
    """
    path = Path(os.environ.get("MYNA_STATE_DIR") or Path.home() / ".local" / "state" / "myna")
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise MynaError(
            f"{path}: cannot make the state folder ({error}); set MYNA_STATE_DIR to a writable one"
        ) from error
    return path


def site_key() -> Ed25519PrivateKey:
    """Return the key with which this site signs labels, seals and the head of its log; made on first use."""
    return load_key(_existing_or_new(state_dir() / "site.key"))


def site_public() -> str:
    """Return the public half of the site key: 64 hexadecimal digits."""
    return public_hex(site_key().public_key())


def public_hex(key: Ed25519PublicKey) -> str:
    """Write a public key as 64 hexadecimal digits."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw.hex()


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 private key from an unencrypted PEM file.

    Raises:
        MynaError: The file is missing or holds another kind of key.
    """
    try:
        return _parse_key(read_bytes(path, LARGEST_JSON))
    except (MynaError, ValueError, TypeError) as error:
        raise MynaError(
            f"{path}: not an Ed25519 private key in PEM form ({error}); make one with "
            "`openssl genpkey -algorithm ed25519`"
        ) from error


@lru_cache(maxsize=8)
def _parse_key(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("another kind of key")
    return key


def _existing_or_new(path: Path) -> Path:
    if path.exists():
        return path
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Written under another name and linked: two processes that start together end with one key.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError as error:
        raise MynaError(
            f"{path}: cannot write the site key ({error}); set MYNA_STATE_DIR to a writable folder"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path
