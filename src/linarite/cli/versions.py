"""`linarite --version`: which build this is, what it runs on, and which versions of the service it speaks."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence

from linarite import __version__

__all__ = ["version_lines"]


def version_lines() -> Sequence[str]:
    """The version first, as scripts read it; then Python, subprotocols and API versions, for whoever reports a bug."""
    from linarite.http.data_plane.app import SUPPORTED_API_VERSIONS
    from linarite.http.management.api_versions import WEB_PUB_SUB_VERSIONS
    from linarite.protocols.negotiation import SUBPROTOCOLS

    first, last = WEB_PUB_SUB_VERSIONS[0], WEB_PUB_SUB_VERSIONS[-1]
    return [
        f"linarite {__version__}",
        f"Python         {platform.python_version()} ({platform.python_implementation()}, {sys.platform})",
        f"Subprotocols   {', '.join(SUBPROTOCOLS)}",
        f"REST API       {SUPPORTED_API_VERSIONS}",
        f"Management API {first} to {last}",
    ]
