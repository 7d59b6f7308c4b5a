"""What becomes of a client's message: a request or a violation, never anything else; and what has to hold of both."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from google.protobuf.any_pb2 import Any
from tests.fuzz.corpus import Sample

from linarite.domain.messages import DataType
from linarite.domain.names import is_valid_event_name, is_valid_group_name
from linarite.protocols.codec import Codec
from linarite.protocols.requests import Payload, ProtocolViolation, Request

_CLOSE_CODES = (1003, 1007)
_CLOSE_REASON_LIMIT_BYTES = 123  # RFC 6455, section 5.5
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
_QUOTED = re.compile(r"'.*'|\".*\"", re.DOTALL)


def outcome(codec: Codec, sample: Sample) -> str:
    """Decode and check a message; give what came of it, in words that are the same for messages of the same kind."""
    try:
        request = codec.decode(sample.is_text, sample.payload)
    except ProtocolViolation as violation:
        return _describe_violation(violation)
    assert isinstance(request, Request)
    return _describe(request, is_utf8=not sample.is_text or _is_utf8(sample.payload))


def _describe_violation(violation: ProtocolViolation) -> str:
    assert violation.code in _CLOSE_CODES
    assert 0 < len(violation.reason.encode()) <= _CLOSE_REASON_LIMIT_BYTES
    detail = str(violation).removeprefix(violation.reason).strip()
    return f"{violation.code} {_NUMBERS.sub('0', _QUOTED.sub('?', detail))}"


def _describe(request: Request, is_utf8: bool) -> str:
    members = msgspec.structs.asdict(request)
    for name, value in members.items():
        _check(name, value, members.get("fault") is not None, is_utf8)
    set_members = (name for name, value in members.items() if value)
    data_type = f" {members['payload'].data_type.value}" if "payload" in members else ""
    return f"{type(request).__name__}{data_type} {','.join(set_members)}"


def _check(name: str, value: object, is_faulty: bool, is_utf8: bool) -> None:
    """Check one member of a request by the rules that sessions rely on."""
    match name, value:
        case ("ack_id" | "sequence_id", int() as number):
            assert 0 <= number < 2**64
        case "ttl_seconds", int() as number:
            assert 0 <= number <= 300
        case "idle_timeout_ms", int() as number:
            assert is_faulty or 0 < number < 2**32
        case "group", str() as group:
            assert is_valid_group_name(group)
        case "event", str() as event:
            assert is_faulty or is_valid_event_name(event)
        case "payload", Payload() as payload:
            if is_utf8:  # a session is given no text that is not
                _check_data(payload)


def _check_data(payload: Payload) -> None:
    match payload.data_type:
        case DataType.TEXT:
            payload.data.decode()
        case DataType.JSON:
            json.loads(payload.data, parse_constant=pytest.fail, parse_int=str, parse_float=str)
        case DataType.PROTOBUF:
            Any.FromString(payload.data)


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
