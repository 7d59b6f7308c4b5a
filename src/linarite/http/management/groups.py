"""Operations on resource groups (Microsoft.Resources/resourceGroups)."""

from __future__ import annotations

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import group_document, list_document
from linarite.resources.errors import ResourceError

__all__ = ["create_group", "delete_group", "group_exists", "list_groups", "show_group"]


def list_groups(call: Call) -> Answer:
    """All resource groups."""
    groups = call.registry.groups()
    return Answer(body=list_document([group_document(group, call.subscription) for group in groups]))


def show_group(call: Call) -> Answer:
    """One resource group."""
    return Answer(body=group_document(call.registry.group(call.group), call.subscription))


def group_exists(call: Call) -> Answer:
    """204 when there is such a group, else 404; neither has a body, for the method is HEAD."""
    try:
        call.registry.group(call.group)
    except ResourceError:
        return Answer(404)
    return Answer(204)


def create_group(call: Call) -> Answer:
    """Make or change a resource group."""
    group, is_new = call.registry.put_group(call.group, call.body)
    return Answer(201 if is_new else 200, group_document(group, call.subscription))


def delete_group(call: Call) -> Answer:
    """Delete a resource group and the resources in it."""
    call.registry.delete_group(call.group)
    return Answer(200)
