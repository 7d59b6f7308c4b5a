"""What a server prints when it is ready: everything a developer needs for the first connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from linarite.settings import default_data_folder

__all__ = ["BannerFacts", "banner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerFacts:
    """What a running server tells of itself."""

    version: str
    mode: str
    endpoints: Sequence[str]
    """URLs with the ports really bound, http before https."""

    connection_strings: Sequence[str] = ()
    """One for each endpoint in development. `linarite serve` gives none: its keys belong in no terminal."""

    authority: Path | None = None
    """The development authority's certificate, if it signed what the server listens with."""

    bundle: Path | None = None
    """The authority together with the system's roots."""

    console: str | None = None
    """Where the console is, with what signs one browser in, if there is one to be named."""

    health_url: str
    data_folder: Path


def banner(facts: BannerFacts) -> str:
    """Return the text that a server prints once when it is ready."""
    lines = [f"Linarite {facts.version} ({facts.mode}) is ready", ""]
    lines += _block("Endpoints", facts.endpoints)
    lines += _block("Console", _console(facts))
    lines += _block("Connection strings", facts.connection_strings)
    if facts.authority is not None:
        lines += _block("To trust its certificate, set", _trust(facts, facts.authority))
    lines += [f"Health       {facts.health_url}", f"Data folder  {facts.data_folder}", ""]
    return "\n".join(lines)


def _block(title: str, items: Sequence[str]) -> list[str]:
    return [title, *(f"  {item}" for item in items), ""] if items else []


def _console(facts: BannerFacts) -> list[str]:
    if facts.console is None or facts.mode != "dev":
        return [facts.console] if facts.console else []
    return [facts.console, "It signs in the browser that opens it first; another address: linarite console"]


def _trust(facts: BannerFacts, authority: Path) -> list[str]:
    folder = "" if facts.data_folder == default_data_folder() else f" --data-folder {quote(str(facts.data_folder))}"
    return [
        f"NODE_EXTRA_CA_CERTS={quote(str(authority))}",
        f"REQUESTS_CA_BUNDLE={quote(str(facts.bundle or authority))}",
        f'or all at once in this shell: eval "$(linarite ca --export{folder})"; the file alone: linarite ca{folder}',
    ]
