"""The authority's key: made once, private, and never shown."""

import stat

import pytest
from cryptography.hazmat.primitives import serialization
from tests.access.rsa_tokens import pem, private_key

from linarite.access.signing_key import SIGNING_KEY_FILE, SigningKey, SigningKeys, rotate_signing_key


def test_key_is_made_when_it_is_first_needed_and_stays(tmp_path):
    keys = SigningKeys(tmp_path)
    assert keys.current is None
    made = keys.ensure()
    assert keys.ensure() is made is keys.current
    assert SigningKeys(tmp_path).current.key_id == made.key_id
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_rotated_key_is_another(tmp_path):
    keys = SigningKeys(tmp_path)
    old = keys.ensure().key_id
    rotate_signing_key(tmp_path)
    assert keys.current.key_id != old


def test_public_document_holds_nothing_private():
    key = SigningKey(pem())
    assert key.public_document().keys() == {"kty", "n", "e", "kid", "use", "alg"}
    assert "PRIVATE" not in repr(key)


def test_fingerprint_differs_by_secret_and_by_key():
    one, other = SigningKey(pem(0)), SigningKey(pem(1))
    assert one.fingerprint(b"a") == one.fingerprint(b"a")
    assert len({one.fingerprint(b"a"), one.fingerprint(b"b"), other.fingerprint(b"a")}) == 3


def public_pem() -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private_key().public_key().public_bytes(serialization.Encoding.PEM, form)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff", public_pem()])
def test_file_without_a_private_key_is_told_and_signs_nothing(tmp_path, content):
    with pytest.raises(ValueError, match="expected an RSA private key"):
        SigningKey(content)
    (tmp_path / SIGNING_KEY_FILE).write_bytes(content)
    keys = SigningKeys(tmp_path)
    assert keys.current is None
    with pytest.raises(ValueError, match="delete the file"):
        keys.ensure()
