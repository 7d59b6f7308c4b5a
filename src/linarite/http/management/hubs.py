"""Operations on the settings of hubs."""

from __future__ import annotations

from functools import partial

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import hub_document, list_document

__all__ = ["create_hub", "delete_hub", "list_hubs", "show_hub"]


def list_hubs(call: Call) -> Answer:
    """The hubs that have settings."""
    resource = call.find_resource()
    hubs = [hub_document(settings, resource, call.subscription) for settings in resource.hubs.values()]
    return Answer(body=list_document(hubs))


def show_hub(call: Call) -> Answer:
    """One hub's settings."""
    resource = call.find_resource()
    settings = call.registry.hub(call.group, call.resource, call.parameters["hub"])
    return Answer(body=hub_document(settings, resource, call.subscription))


def create_hub(call: Call) -> Answer:
    """Make or replace a hub's settings; who saves them is told of event handlers that would get no events."""
    settings, is_new = call.registry.put_hub(call.group, call.resource, call.parameters["hub"], call.body)
    resource = call.find_resource()
    document = hub_document(settings, resource, call.subscription)
    warnings = partial(call.handler_warnings.of, settings, call.endpoint.origin)
    return Answer(201 if is_new else 200, document, warnings=warnings)


def delete_hub(call: Call) -> Answer:
    """Give a hub its defaults again: 200, or 204 when it had no settings."""
    return Answer(200 if call.registry.delete_hub(call.group, call.resource, call.parameters["hub"]) else 204)
