"""Operations on parts of a resource that only the platform can have: private links and replicas.

A server of one's own has no private network of Azure and no other regions. So there are none of these: lists are empty,
one that is asked for is not found, and one that is to be made is refused with a text that says why.
"""

from __future__ import annotations

from linarite.http.management.calls import Answer, Call, Operation
from linarite.http.management.documents import list_document
from linarite.resources.errors import ResourceError

__all__ = ["list_none", "missing", "nothing_to_delete", "refused"]


def list_none(call: Call) -> Answer:
    """An empty list."""
    call.find_resource()
    return Answer(body=list_document([]))


def nothing_to_delete(call: Call) -> Answer:
    """204: there was none of that name."""
    call.find_resource()
    return Answer(204)


def missing(kind: str) -> Operation:
    """The operation on one part of that kind, which is never there."""

    def find(call: Call) -> Answer:
        resource = call.find_resource()
        name = call.parameters["name"]
        raise ResourceError("NotFound", f"The {kind} '{name}' of resource '{resource.name}' was not found.")

    return find


def refused(kind: str) -> Operation:
    """The operation that would make or change a part of that kind."""

    def refuse(call: Call) -> Answer:
        call.find_resource()
        message = f"A self-hosted server has no {kind}s: they belong to Azure's own network and regions."
        raise ResourceError("NotSupported", message)

    return refuse
