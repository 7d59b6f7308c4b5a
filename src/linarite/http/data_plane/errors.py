"""Errors of the data plane in the service's two shapes (reference-rest-api-data-plane; Azure REST recordings)."""

from __future__ import annotations

import msgspec

__all__ = ["ApiError", "bad_request", "not_existed", "plain"]

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"
_BAD_REQUEST = "Error.BadRequest"


class ApiError(Exception):
    """An answer that is not a success. `code` also goes into the header `x-ms-error-code`.

    Each one is raised once: an exception that is kept and raised again keeps the frames of every time.
    """

    def __init__(
        self,
        status: int,
        code: str | None = None,
        body: bytes = b"",
        content_type: str = JSON_TYPE,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.body = body
        self.content_type = content_type
        self.headers = headers


def plain(status: int, code: str, message: str, target: str | None = None) -> ApiError:
    """An ordinary error."""
    body = {"code": code, "message": message, "target": target, "details": None, "innererror": None}
    return ApiError(status, code, msgspec.json.encode(body))


def not_existed(level: str, kind: str, name: str) -> ApiError:
    """404: a connection, user or group is not there. `level` is the service's: Error, Warning or Info."""
    return plain(404, f"{level}.{kind}.NotExisted", f"{kind} `{name}` is not found.", kind)


def bad_request(target: str, message: str) -> ApiError:
    """400: a path segment, parameter, filter, header or body is invalid; `target` names it."""
    body = {
        "code": _BAD_REQUEST,
        "message": message,
        "target": target,
        "errors": {target: [message]},
        "type": None,
        "title": "One or more validation errors occurred.",
        "status": 400,
        "detail": None,
        "instance": None,
        "extensions": {},
    }
    return ApiError(400, _BAD_REQUEST, msgspec.json.encode(body), PROBLEM_TYPE)
