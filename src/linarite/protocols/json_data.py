"""The members of a JSON frame that carry a client's data: `dataType` with `data`, and `metadata`."""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping

import msgspec

from linarite.domain.messages import NO_METADATA, DataType
from linarite.domain.metadata import parse_metadata
from linarite.protocols.protobuf_any import is_serialized_any
from linarite.protocols.request_rules import MalformedRequest
from linarite.protocols.requests import Payload

__all__ = ["ABSENT", "DataMembers", "is_present", "read_metadata", "read_payload"]

ABSENT = msgspec.Raw(b"")
_NULL = b"null"
_text = msgspec.json.Decoder(str).decode


class DataMembers(msgspec.Struct):
    """What shapes of frames with data have in common."""

    dataType: str | None = None  # noqa: N815 - the wire's spelling
    data: msgspec.Raw = ABSENT


def is_present(member: msgspec.Raw) -> bool:
    """Whether the frame has this member; null counts as none."""
    return bytes(member) not in (b"", _NULL)


def read_payload(members: DataMembers) -> Payload | None:
    """The data and its type, None if there is no `data`. Raises ValueError if it is not of its type.

    JSON is kept byte for byte; its null is no data that a client may send.
    """
    data = bytes(members.data)
    if not data:
        return None
    kind = "json" if members.dataType is None else members.dataType.lower()
    if kind == "json":
        if data == _NULL:
            raise MalformedRequest("data: expected a value, got null")
        return Payload(DataType.JSON, data)
    if kind == "text":
        return Payload(DataType.TEXT, _text(data).encode())
    if kind == "binary":
        return Payload(DataType.BINARY, _base64(data))
    if kind == "protobuf":
        value = _base64(data)
        if not is_serialized_any(value):
            raise MalformedRequest("data: expected a serialized google.protobuf.Any")
        return Payload(DataType.PROTOBUF, value)
    raise MalformedRequest(f"dataType: expected json, text, binary or protobuf, got {kind[:64]!r}")


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64("".join(_text(data).split()), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRequest(f"data: expected base64, {error}") from None


def read_metadata(member: msgspec.Raw) -> Mapping[str, str]:
    """The metadata, checked. Raises ValueError."""
    if not is_present(member):
        return NO_METADATA
    pairs = json.loads(bytes(member), object_pairs_hook=_Pairs)
    if not isinstance(pairs, _Pairs):
        raise MalformedRequest("metadata: expected an object")
    return parse_metadata(pairs)


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object in order, a key that comes twice included."""
