"""The optional C2PA manifest, with a certificate made for the test."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from myna.errors import MynaError
from myna.safety import aigc, c2pa
from myna.safety.release import release
from myna.safety.verify import verify


def certificate(subject: str, key, issuer: str, issuer_key, authority: bool) -> bytes:
    """Make one certificate of the chain, in PEM form."""

    def name(common: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Myna tests"),
                x509.NameAttribute(NameOID.COMMON_NAME, common),
            ]
        )

    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(authority, None), True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage), True
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def chain(tmp_path, monkeypatch):
    """Set a chain of two certificates."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = certificate("signer", leaf, "root", root, False) + certificate("root", root, "root", root, True)
    (tmp_path / "chain.pem").write_bytes(pem)
    (tmp_path / "key.pem").write_bytes(
        leaf.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("MYNA_C2PA_CERT", str(tmp_path / "chain.pem"))
    monkeypatch.setenv("MYNA_C2PA_KEY", str(tmp_path / "key.pem"))
    return tmp_path


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a"])
def test_manifest_is_last_and_binds_the_file(speech, card, request_for, chain, suffix):
    released = release(speech, card, request_for(f"a.{suffix}"))
    data = released.path.read_bytes()
    assert released.c2pa and aigc.read(released.path).ProduceID == released.content_id
    manifest = c2pa.read(data, f".{suffix}")
    assert manifest["title"] == released.content_id and manifest["validation_state"] == "Valid"
    found = verify(released.path)
    assert found.status == 0 and found.c2pa == released.content_id
    middle = len(data) // 2
    released.path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    assert "the C2PA manifest does not hold" in verify(released.path).problems


def test_formats_without_a_place_for_it(speech, card, request_for, chain):
    assert not release(speech, card, request_for("a.flac")).c2pa


def test_broken_certificate_leaves_no_file(speech, card, request_for, chain):
    (chain / "chain.pem").write_text("nonsense")
    with pytest.raises(MynaError, match="C2PA"):
        release(speech, card, request_for("a.wav"))
    assert not (chain / "out" / "a.wav").exists()
