"""The OpenAPI 3.1 document of the endpoints for tests, made from the list of them and from the types they answer."""

from __future__ import annotations

from typing import Any

import msgspec

from linarite import __version__
from linarite.http.development.endpoints import BODY, ENDPOINTS, PATH, Endpoint
from linarite.http.development.parameters import Parameter

__all__ = ["openapi_document"]

_REFS = "#/components/schemas/{name}"
_ABOUT = (
    "Looking, waiting, starting anew and faults on request, in `linarite dev` only. Programs of the same machine need "
    "no credential; everybody else sends the administrator's as bearer token."
)


class PlatformError(msgspec.Struct):
    """What went wrong."""

    code: str
    message: str


class Refusal(msgspec.Struct):
    """The answer to a request that cannot be carried out."""

    error: PlatformError


def openapi_document() -> dict[str, Any]:
    """The document, ready to be written as JSON."""
    types = list({endpoint.answer: None for endpoint in ENDPOINTS})
    _, schemas = msgspec.json.schema_components([*types, BODY, Refusal], ref_template=_REFS)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(PATH + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Linarite, for tests", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"administrator": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"administrator": []}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(endpoint),
        "summary": endpoint.about,
        "parameters": [_parameter(parameter) for parameter in endpoint.parameters],
        "responses": _responses(endpoint),
    }
    if endpoint.operation is None:
        operation["requestBody"] = {"required": True, "content": _content(BODY)}
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    found = {
        str(endpoint.status): {"description": "Done.", "content": _content(endpoint.answer)},
        "400": {"description": "A parameter or the body is wrong.", "content": _content(Refusal)},
        "401": {"description": "Not from here, and without the credential.", "content": _content(Refusal)},
    }
    if endpoint.may_time_out:
        found["504"] = {"description": "Not in time; what there is so far.", "content": _content(endpoint.answer)}
    if endpoint.method == "DELETE":
        found["404"] = {"description": "No such fault is set.", "content": _content(Refusal)}
    return found


def _parameter(parameter: Parameter) -> dict[str, Any]:
    bounds = {"minimum": parameter.minimum, "maximum": parameter.maximum}
    schema = {"type": parameter.kind, **{name: bound for name, bound in bounds.items() if bound is not None}}
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.about,
        "schema": schema,
    }


def _content(value: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFS.format(name=value.__name__)}}}


def _name(endpoint: Endpoint) -> str:
    """What generated clients call it: `getWaitMessages`."""
    words = [word for word in endpoint.path.split("/") if word]
    return endpoint.method.lower() + "".join(word.capitalize() for word in words)
