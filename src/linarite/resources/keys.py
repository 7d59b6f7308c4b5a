"""Making access keys and exchanging one of them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace

from linarite.resources.errors import expected
from linarite.resources.model import AccessKeys

__all__ = ["new_access_keys", "new_key", "regenerate", "replace_access_keys"]

# 32 random bytes, base64: the 44 characters that keys of the service have. A key is used as text, never
# decoded.
_KEY_BYTES = 32


def new_key(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A new key of 44 characters."""
    return base64.b64encode(random_bytes(_KEY_BYTES)).decode("ascii")


def new_access_keys(make_key: Callable[[], str] = new_key) -> AccessKeys:
    """Two new keys and a new salt."""
    return AccessKeys(primary=make_key(), secondary=make_key(), salt=make_key())


def regenerate(keys: AccessKeys, key_type: object, make_key: Callable[[], str] = new_key) -> AccessKeys:
    """`keys` with the one that `key_type` names made anew: Primary, Secondary or Salt, in any case.

    A new salt leaves both keys as they are and ends what was derived from the old one
    (RegenerateKeyParameters, management API 2024-03-01). Raises ResourceError for another word.
    """
    match key_type.lower() if isinstance(key_type, str) else None:
        case "primary":
            return replace(keys, primary=make_key())
        case "secondary":
            return replace(keys, secondary=make_key())
        case "salt":
            return replace(keys, salt=make_key())
    raise expected("keyType", "Primary, Secondary or Salt", key_type)


def replace_access_keys(keys: AccessKeys, make_key: Callable[[], str] = new_key) -> AccessKeys:
    """`keys` with both access keys made anew, and the salt that was.

    So with keys that are disabled: when they are enabled again, the old ones open nothing. ("Disable local (access key)
    authentication": the current set of access keys is permanently deleted.)
    """
    return replace(keys, primary=make_key(), secondary=make_key())
