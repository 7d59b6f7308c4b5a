"""Operations on the access keys of a resource."""

from __future__ import annotations

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import keys_document

__all__ = ["list_keys", "regenerate_key"]


def list_keys(call: Call) -> Answer:
    """Keys and connection strings."""
    return Answer(body=keys_document(call.find_resource(), call.endpoint))


def regenerate_key(call: Call) -> Answer:
    """Make one key, or the salt, anew: tokens signed with the old one are refused from now on."""
    resource = call.registry.regenerate_key(call.group, call.resource, call.body.get("keyType"))
    return Answer(body=keys_document(resource, call.endpoint))
