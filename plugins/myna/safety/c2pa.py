"""A C2PA manifest on the finished file, when the site has a certificate (extra `c2pa`; wav, mp3 and m4a).

The manifest binds every byte, so it comes last. Set `MYNA_C2PA_CERT` (PEM chain) and `MYNA_C2PA_KEY` (PEM, PKCS 8,
ES256).
"""

import io
import json
import os
from pathlib import Path
from typing import Any

from myna.errors import MynaError

_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}
_GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def attach(data: bytes, suffix: str, content_id: str) -> tuple[bytes, bool]:
    """Add a manifest that says the sound was generated, and read it back.

    Args:
        data: The labelled file.
        suffix: Its suffix.
        content_id: Id from the AIGC label, used as the title.

    Returns:
        The file, and whether it carries a manifest: not when no certificate is set or C2PA has no place in the format.

    Raises:
        MynaError: A certificate is set and the manifest cannot be made or is not found again.
    """
    certificate, key = os.environ.get("MYNA_C2PA_CERT"), os.environ.get("MYNA_C2PA_KEY")
    if not certificate or not key or suffix not in _TYPES:
        return data, False
    try:
        signed = _sign(data, _TYPES[suffix], content_id, Path(certificate).read_bytes(), Path(key).read_bytes())
        found = read(signed, suffix)
    except Exception as error:
        raise MynaError(
            f"C2PA: cannot sign with {certificate} ({error}); repair it, or unset MYNA_C2PA_CERT"
        ) from error
    if found is None or found.get("title") != content_id:
        raise MynaError("C2PA: the manifest is not found again in the file; unset MYNA_C2PA_CERT to go without")
    return signed, True


def read(data: bytes, suffix: str) -> dict[str, Any] | None:
    """Read the active manifest; its key `validation_state` tells whether it holds.

    Returns:
        The manifest, or None when there is none, the format has none, or the reader is not installed.
    """
    if suffix not in _TYPES:
        return None
    try:
        import c2pa
    except ImportError:
        return None
    try:
        with c2pa.Reader(_TYPES[suffix], io.BytesIO(data)) as reader:
            store = json.loads(reader.json())
    except c2pa.C2paError:
        return None
    manifest = store["manifests"].get(store.get("active_manifest"))
    return None if manifest is None else {**manifest, "validation_state": store.get("validation_state", "")}


def _sign(data: bytes, kind: str, content_id: str, certificate: bytes, key: bytes) -> bytes:
    import c2pa

    manifest = {
        "claim_generator_info": [{"name": "Myna"}],
        "title": content_id,
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": _GENERATED}]},
            }
        ],
    }
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=certificate, private_key=key, ta_url=None)
    target = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
        builder.sign(signer, kind, io.BytesIO(data), target)
    return target.getvalue()
