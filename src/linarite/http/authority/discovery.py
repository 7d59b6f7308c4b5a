"""What OpenID Connect clients read first: where the authority's endpoints are, and its public key.

(OpenID Connect Discovery 1.0, section 3; RFC 7517. MSAL for Python 1.3x wants `device_authorization_endpoint` too.)
"""

from __future__ import annotations

from linarite.access.signing_key import SIGNING_ALGORITHM, SigningKey

__all__ = ["discovery_document", "key_set"]


def discovery_document(url: str, issuer: str) -> dict[str, object]:
    """The authority's endpoints at this URL of the server; `issuer` is what tokens have as `iss`."""
    authority = f"{url}/adfs"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{authority}/oauth2/authorize",
        "token_endpoint": f"{authority}/oauth2/token",
        "device_authorization_endpoint": f"{authority}/oauth2/devicecode",
        "jwks_uri": f"{authority}/discovery/keys",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["token"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [SIGNING_ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": ["openid"],
        "claims_supported": ["aud", "iss", "iat", "nbf", "exp", "appid", "oid", "sub", "tid"],
    }


def key_set(key: SigningKey) -> dict[str, object]:
    """The public key by which tokens are verified."""
    return {"keys": [dict(key.public_document())]}
