"""Which status each error code has, and the body that carries it.

Unlike the data plane, the platform wraps its errors: `{"error":{"code":…,"message":…,"target":…}}`
(ErrorResponse, management API 2024-03-01).
"""

from __future__ import annotations

from linarite.http.management.calls import Answer
from linarite.resources.errors import ResourceError

__all__ = ["error_answer", "error_body"]

# Codes that are not named here are about what the request says: 400.
_STATUSES = {
    "AuthenticationFailed": 401,
    "ExpiredAuthenticationToken": 401,
    "InvalidAuthenticationToken": 401,
    "InvalidAuthenticationTokenAudience": 401,
    "AuthorizationFailed": 403,
    "ResourceNotFound": 404,
    "ResourceGroupNotFound": 404,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NameAlreadyExists": 409,
    "Conflict": 409,
    "CertificateInUse": 409,
    "InvalidResourceGroupLocation": 409,
    "InvalidResourceLocation": 409,
    "PropertyChangeNotAllowed": 409,
    "ScopeLocked": 409,
    "RequestContentTooLarge": 413,
    "InternalServerError": 500,
}


def error_answer(error: ResourceError) -> Answer:
    """The answer to a call that `error` ended."""
    return Answer(_STATUSES.get(error.code, 400), error_body(error))


def error_body(error: ResourceError) -> dict[str, object]:
    """The platform's error body."""
    members: dict[str, object] = {"code": error.code, "message": error.message}
    if error.target is not None:
        members["target"] = error.target
    return {"error": members}
