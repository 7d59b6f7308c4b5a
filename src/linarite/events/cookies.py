"""Cookies that handlers set, kept for one connection (RFC 6265).

They are for load balancers that want all events of a connection on one server. Nothing is shared between connections,
and the client never sees them.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import msgspec

__all__ = ["CookieJar", "InvalidCookie"]

# .NET's CookieContainer, which the service keeps them in: 20 for a domain, 4096 bytes each.
_COOKIES_LIMIT = 20
_COOKIE_BYTES = 4096
# RFC 6265, section 4.1.1, with the characters that browsers let through as well.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")


class InvalidCookie(ValueError):
    """A `Set-Cookie` line that is left out; the text says why."""


class _Cookie(msgspec.Struct):
    name: str
    value: str
    domain: str
    path: str
    for_subdomains: bool = False
    is_secure: bool = False
    expires_at: float | None = None

    def goes_to(self, host: str, path: str, is_secure: bool) -> bool:
        return (
            (is_secure or not self.is_secure)
            and (host == self.domain or (self.for_subdomains and _is_within(host, self.domain)))
            and _path_matches(path, self.path)
        )


class CookieJar:
    """The cookies of one connection."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def store(self, line: str, host: str, path: str, now: float) -> None:
        """Keep what a `Set-Cookie` line of a reply from there says. Raises InvalidCookie."""
        cookie = _parse(line, host, path, now)
        key = (cookie.domain, cookie.path, cookie.name)
        self._cookies.pop(key, None)
        if cookie.expires_at is None or cookie.expires_at > now:
            if len(self._cookies) >= _COOKIES_LIMIT:
                del self._cookies[next(iter(self._cookies))]
            self._cookies[key] = cookie

    def header(self, host: str, path: str, is_secure: bool, now: float) -> str | None:
        """The `Cookie` header of a request to there, longest paths first; None if no cookie goes there."""
        fresh = [one for one in self._cookies.values() if one.expires_at is None or one.expires_at > now]
        sent = [one for one in fresh if one.goes_to(host, path, is_secure)]
        sent.sort(key=lambda one: -len(one.path))
        return "; ".join(f"{one.name}={one.value}" for one in sent) or None


def _parse(line: str, host: str, path: str, now: float) -> _Cookie:
    if len(line) > _COOKIE_BYTES:
        raise InvalidCookie(f"expected at most {_COOKIE_BYTES} bytes")
    pair, *attributes = line.split(";")
    name, sign, value = (part.strip() for part in pair.partition("="))
    if not sign or _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
        raise InvalidCookie("expected name=value")
    cookie = _Cookie(name, value, host, _default_path(path))
    max_age: float | None = None
    for attribute in attributes:
        word, _, text = (part.strip() for part in attribute.partition("="))
        match word.lower():
            case "domain" if text:
                _set_domain(cookie, text.lstrip(".").lower(), host)
            case "path" if text.startswith("/"):
                cookie.path = text
            case "secure":
                cookie.is_secure = True
            case "max-age" if re.fullmatch(r"-?[0-9]{1,12}", text):
                max_age = now + int(text)
            case "expires":
                cookie.expires_at = _time(text)
    if max_age is not None:
        cookie.expires_at = max_age  # RFC 6265, section 5.3: Max-Age has precedence
    return cookie


def _set_domain(cookie: _Cookie, domain: str, host: str) -> None:
    # A domain of one label is a registry's (com) or no domain at all (localhost): no cookie goes to all of it.
    if host != domain and not (_is_within(host, domain) and "." in domain):
        raise InvalidCookie("expected a domain that the host belongs to")
    cookie.domain = domain
    cookie.for_subdomains = True


def _time(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text.replace("-", " ")).timestamp()
    except (ValueError, OverflowError):
        return None


def _default_path(path: str) -> str:
    """RFC 6265, section 5.1.4: the directory of the request's path."""
    return path[: path.rfind("/")] or "/"


def _is_within(host: str, domain: str) -> bool:
    return host.endswith("." + domain) and not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _path_matches(path: str, prefix: str) -> bool:
    """RFC 6265, section 5.1.4."""
    return path == prefix or (path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix)] == "/"))
