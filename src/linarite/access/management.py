"""Who may manage the server: the administrator's credential as it stands, or a token of the authority.

Refusals carry the codes and sentences of Azure Resource Manager, and the name of the check that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from linarite.access.administrator import Administrator
from linarite.access.authority import MANAGEMENT_AUDIENCE
from linarite.access.bearer_tokens import BearerTokens, Issuer
from linarite.access.roles import Assignment, Role, may_manage
from linarite.access.tokens import TokenRefused

__all__ = ["CALLER_IN_SCOPE", "Caller", "ManagementAccess", "ManagementRefused"]

CALLER_IN_SCOPE = "linarite.caller"
"""Where a request's scope names the caller whom the console's session vouches for (http/console/door.py)."""

_ADMINISTRATOR = "administrator"
# Codes of Azure Resource Manager for tokens of the right form; everything else is InvalidAuthenticationToken.
_CODES = {"audience": "InvalidAuthenticationTokenAudience", "expiry": "ExpiredAuthenticationToken"}


class ManagementRefused(Exception):
    """Nobody who may manage the server sent this; `check` names the check that failed, for the log."""

    def __init__(self, code: str, message: str, check: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.check = check


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a management call."""

    name: str
    assignments: Sequence[Assignment]

    def may(self, method: str) -> bool:
        """Whether a role allows a call of that method."""
        return may_manage(self.assignments, method)

    def refusal(self, method: str, path: str) -> ManagementRefused:
        """Why this caller may not make a call of that method."""
        message = (
            f"The client '{self.name}' with object id '{self.name}' does not have authorization to perform action "
            f"'{method}' over scope '{path[:200]}': expected one of the roles Owner and Contributor, or Reader for "
            "GET and HEAD. If access was recently granted, please refresh your credentials."
        )
        return ManagementRefused("AuthorizationFailed", message, "role")


class ManagementAccess:
    """Says who sends a management call."""

    def __init__(self, administrator: Administrator, authority: Issuer, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self._administrator = administrator
        self._clock = clock
        self._tokens = BearerTokens((MANAGEMENT_AUDIENCE,), (authority,), clock)
        self._administrators_call = Caller(_ADMINISTRATOR, (Assignment(Role.OWNER),))

    def identify(self, header: str | None) -> Caller:
        """Who bears the `Authorization` header. Raises ManagementRefused, which never repeats what it held."""
        if header is None:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise ManagementRefused("AuthenticationFailed", message, "presence")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            message = "Authentication failed. The 'Authorization' header is not of the form 'Bearer <token>'."
            raise ManagementRefused("AuthenticationFailed", message, "scheme")
        token = token.strip()
        if self._administrator.holds(token):
            return self._administrators_call
        if token.count(".") != 2:
            message = "Authentication failed. The token is not the administrator's credential of this server."
            raise ManagementRefused("AuthenticationFailed", message, "credential")
        return self._bearer(token)

    def is_administrator(self, header: str) -> bool:
        """Whether the header holds the administrator's credential, or a token that may do all that it may."""
        try:
            return self.identify(header).may("POST")
        except ManagementRefused:
            return False

    def _bearer(self, token: str) -> Caller:
        try:
            bearer = self._tokens.check(token)
            return Caller(bearer.name, bearer.assignments)
        except TokenRefused as refused:
            code = _CODES.get(refused.check, "InvalidAuthenticationToken")
            message = f"The access token is invalid. {refused.check}: {refused}."
            if refused.check == "expiry" and (known := self._tokens.remembered.get(token)) is not None:
                message = _expired(known.claims.expires_at, self._clock())
            raise ManagementRefused(code, message, refused.check) from None


def _expired(expiry: float, now: float) -> str:
    return (
        f"The access token expiry UTC time '{_platform_time(expiry)}' is earlier than current UTC time "
        f"'{_platform_time(now)}'."
    )


def _platform_time(seconds: float) -> str:
    """A time as the platform's messages write it: 3/19/2023 8:55:46 AM."""
    moment = datetime.fromtimestamp(seconds, UTC)
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {half}"
