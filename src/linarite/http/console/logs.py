"""Resource logs that a diagnostic setting has kept, searched and followed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from linarite.http.console.answers import answer
from linarite.http.console.door import Refused
from linarite.http.console.wishes import bad_request
from linarite.http.workspaces import InvalidQuery, Workspaces
from linarite.monitoring.workspace import InvalidCursor

__all__ = ["Logs"]


class Logs:
    """The workspaces of this server."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def names(self, request: Request) -> Response:
        """The workspaces that there are."""
        return answer({"value": [{"name": name} for name in await self._workspaces.names()]})

    async def entries(self, request: Request) -> Response:
        """The entries that a search finds, or what has come since its cursor."""
        name = request.query_params.get("workspace", "")
        try:
            found = await self._workspaces.entries(name, request.query_params)
        except (InvalidQuery, InvalidCursor) as error:
            raise bad_request(str(error)) from None
        if found is None:
            raise Refused(404, "NotFound", f"There is no workspace {name[:63]!r}: no diagnostic setting has named it.")
        return answer({"value": found.entries, "cursor": found.cursor})
