"""Sends events to HTTP endpoints: permission first, then a token, then the request with its retries."""

from __future__ import annotations

from collections.abc import Callable

from linarite.events.abuse_protection import AbuseProtection
from linarite.events.attempts import Attempts, Request
from linarite.events.outbound import Call, CallResult, Outcome
from linarite.events.targets import InvalidUrl, parse_target
from linarite.events.upstream_tokens import NoToken, UpstreamTokens

__all__ = ["Webhooks"]


class Webhooks:
    """The sink for templates that start with `http:` or `https:`."""

    def __init__(
        self,
        attempts: Attempts,
        protection: AbuseProtection | None,
        tokens: UpstreamTokens,
        clock: Callable[[], float],
        timeout_seconds: float,
    ) -> None:
        """Without `protection` endpoints are not asked first. `timeout_seconds` is for a call with all its attempts."""
        self._attempts = attempts
        self._protection = protection
        self._tokens = tokens
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def send(self, call: Call) -> Outcome:
        """Send one event and wait for what comes of it. A cancelled call is ended at once."""
        deadline = self._clock() + self._timeout_seconds
        try:
            target = parse_target(call.url)
        except InvalidUrl as error:
            return Outcome(CallResult.INVALID_EVENT, None, str(error), 0)
        refusal = await self.check(call.validation_url, call.origin)
        if refusal is not None:
            return Outcome(CallResult.NOT_ALLOWED, None, refusal, 0)
        headers = call.headers
        if call.auth_resource is not None:
            try:
                token = await self._tokens.token(call.auth_resource)
            except NoToken as error:
                return Outcome(CallResult.NO_TOKEN, None, str(error), 0)
            headers = [*headers, ("Authorization", f"Bearer {token}")]
        return await self._attempts.make(Request("POST", target, headers, call.body), deadline)

    async def check(self, validation_url: str, origin: str) -> str | None:
        """Why events may not be sent there now, None if they may."""
        return None if self._protection is None else await self._protection.refusal(validation_url, origin)

    async def close(self) -> None:
        """End what is being asked of endpoints and token endpoints."""
        if self._protection is not None:
            await self._protection.close()
        await self._tokens.close()
