"""What a token says, and which check a server would fail: each check by itself, in a server's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from linarite.access.audiences import authority_of, check_audience
from linarite.access.tokens import TOKEN_LIMIT, Claims, TokenRefused, check_time, parse_claims

__all__ = ["Explanation", "Finding", "Verdict", "explain_token", "meaning_of"]

_ALGORITHM = "HS256"
# The check of the start looks at the time of the check alone, and that of the expiry at no start.
_NEVER = float("inf")

_MEANINGS = {
    "aud": "the address that it is for",
    "sub": "the user",
    "role": "what the client may do",
    "webpubsub.group": "groups that the client is in from the start",
    "iss": "who made it; not looked at",
    "kid": "not looked at",
}
_ROLES = {
    "webpubsub.joinLeaveGroup": "may join and leave every group",
    "webpubsub.sendToGroup": "may send to every group",
}


class Verdict(Enum):
    """How a check ends."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, how it ended, and why."""

    check: str
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A token without its signature, and what a server would say about it."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    findings: Sequence[Finding]

    @property
    def verdict(self) -> Verdict:
        """Bad if any check is; good if all are."""
        verdicts = {finding.verdict for finding in self.findings}
        return next(one for one in (Verdict.BAD, Verdict.UNKNOWN, Verdict.GOOD) if one in verdicts)


def explain_token(token: str, keys: Sequence[str], address: str | None, now: float) -> Explanation:
    """What a server with these keys would say about a token that is used at `address`, now.

    Without keys or without an address the checks that need them stay open.
    """
    try:
        parts = jws.extract_compact(token.encode("ascii"), registry=_registry())
        claims = msgspec.json.decode(parts.payload, type=dict[str, Any])
        if len(token) > TOKEN_LIMIT:
            raise ValueError
    # As a server does it: for a text that is no token, and for headers that are no object.
    except (JoseError, ValueError, TypeError, AttributeError):
        text = (
            f"expected three parts of base64url with dots between, at most {TOKEN_LIMIT} characters, got something else"
        )
        return Explanation({}, {}, [Finding("format", Verdict.BAD, text)])
    header = dict(parts.protected)
    findings = [
        Finding("format", Verdict.GOOD, "a JSON Web Token"),
        _algorithm(header),
        _signature(token, header, keys),
        *_times(parts.payload, now),
        _audience(parts.payload, address),
    ]
    return Explanation(header, claims, findings)


def _registry() -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=False)


def _algorithm(header: Mapping[str, Any]) -> Finding:
    algorithm = str(header.get("alg"))[:32]
    if algorithm == _ALGORITHM:
        return Finding("algorithm", Verdict.GOOD, algorithm)
    if algorithm == "RS256":
        text = "RS256: a REST call may take it, from an authority that it trusts; a client's connection never does"
        return Finding("algorithm", Verdict.UNKNOWN, text)
    return Finding("algorithm", Verdict.BAD, f"expected {_ALGORITHM}, got {algorithm!r}")


def _signature(token: str, header: Mapping[str, Any], keys: Sequence[str]) -> Finding:
    if header.get("alg") != _ALGORITHM:
        return Finding("signature", Verdict.UNKNOWN, "not checked: no access key made it")
    if not keys:
        return Finding("signature", Verdict.UNKNOWN, "not checked: no key is known")
    for key, name in zip(keys, ("primary", "secondary"), strict=False):
        try:
            jws.deserialize_compact(token, OctKey.import_key(key), registry=_registry())
        except JoseError:
            continue
        made_by = "the access key" if len(keys) == 1 else f"the {name} access key"
        return Finding("signature", Verdict.GOOD, f"made by {made_by}")
    known = "the access key" if len(keys) == 1 else "one of the resource's access keys"
    return Finding(
        "signature", Verdict.BAD, f"expected one by {known}, got one by another key, or the token was changed"
    )


def _times(payload: bytes, now: float) -> Iterator[Finding]:
    try:
        claims = parse_claims(payload)
    except TokenRefused as refused:
        yield Finding(refused.check, Verdict.BAD, str(refused))
        return
    yield _time(
        "expiry", msgspec.structs.replace(claims, not_before=None), now, f"exp is {_ago(claims.expires_at - now)}"
    )
    start = "no nbf" if claims.not_before is None else f"nbf is {_ago(claims.not_before - now)}"
    yield _time("start", msgspec.structs.replace(claims, expires_at=_NEVER), now, start)


def _time(check: str, claims: Claims, now: float, text: str) -> Finding:
    try:
        check_time(claims, now)
    except TokenRefused as refused:
        return Finding(check, Verdict.BAD, f"{refused}, which is past the grace of 5 minutes")
    return Finding(check, Verdict.GOOD, text)


def _audience(payload: bytes, address: str | None) -> Finding:
    if address is None:
        return Finding("audience", Verdict.UNKNOWN, "not checked: no hub or address is given")
    url = urlsplit(address)
    try:
        # The expiry is another check's business: a claim of ours stands for one that may be missing.
        claims = parse_claims(msgspec.json.encode({**msgspec.json.decode(payload), "exp": 0, "nbf": None}))
        check_audience(claims, {authority_of(url.netloc)}, [url.path], ignore_case="/client/" in url.path)
    except TokenRefused as refused:
        return Finding("audience", Verdict.BAD, str(refused))
    return Finding("audience", Verdict.GOOD, f"names {url.netloc}{url.path}")


def meaning_of(claim: str, value: object, now: float) -> str:
    """What a claim says to a server, in a few words."""
    if claim in ("exp", "nbf", "iat") and isinstance(value, int | float) and not isinstance(value, bool):
        names = {"exp": "good until", "nbf": "good from", "iat": "made"}
        return f"{names[claim]} {_date(value)}, {_ago(value - now)}"
    if claim == "role":
        roles = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return "; ".join(_role(str(role)) for role in roles) or _MEANINGS["role"]
    return _MEANINGS.get(claim, "goes to the hub's connect handler")


def _role(role: str) -> str:
    if role in _ROLES:
        return _ROLES[role]
    for name, meaning in _ROLES.items():
        if role.startswith(f"{name}."):
            return f"{meaning.replace('every group', '')}group {role[len(name) + 1 :]}"
        if role.startswith(f"{name}s."):
            return f"{meaning.replace('every group', '')}groups like {role[len(name) + 2 :]}"
    return f"{role} is no role and is ignored"


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "a time beyond all dates"


def _ago(seconds: float) -> str:
    """A span of time in its largest fitting unit, ahead or ago."""
    size = abs(seconds)
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if size >= 2 * length:
            span = f"{size / length:.0f} {unit}"
            break
    else:
        span = f"{size:.0f} s"
    return f"in {span}" if seconds >= 0 else f"{span} ago"
