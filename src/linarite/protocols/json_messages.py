"""A message as clients of the JSON subprotocols receive it (reference-json-webpubsub-subprotocol, message response)."""

from __future__ import annotations

import binascii

import msgspec

from linarite.domain.messages import DataType, Message, StreamPart
from linarite.protocols.requests import Payload

__all__ = ["data_members", "message_text"]

_quote = msgspec.json.encode


def message_text(message: Message, opening: bytes) -> bytes:
    """The text of a `message` frame, with `opening` in the place of its brace; JSON data stands as it was sent."""
    if message.group is None:
        head = opening + b'"type":"message","from":"server"'
    else:
        head = opening + b'"type":"message","from":"group","group":' + _quote(message.group)
        if message.from_user_id is not None:
            head += b',"fromUserId":' + _quote(message.from_user_id)
    if message.metadata:
        head += b',"metadata":' + _quote(message.metadata)
    if message.stream is None:
        return b"%b%b}" % (head, data_members(message))
    return b"%b%b%b}" % (head, _stream_member(message.stream), _stream_data_members(message, message.stream))


def data_members(content: Message | Payload) -> bytes:
    """The members `dataType` and `data`, each behind a comma."""
    kind = content.data_type
    if kind is DataType.TEXT:
        data = _quote(content.data.decode())
    elif kind is DataType.JSON:
        data = content.data
    else:
        data = b'"%b"' % binascii.b2a_base64(content.data, newline=False)
    return b',"dataType":"%b","data":%b' % (kind.value.encode(), data)


def _stream_data_members(message: Message, part: StreamPart) -> bytes:
    """The data of a fragment; the last part has none, but the JavaScript client drops a frame without these members."""
    return b',"dataType":"text","data":""' if part.end_of_stream else data_members(message)


def _stream_member(part: StreamPart) -> bytes:
    text = b',"stream":{"streamId":%b,"streamSequenceId":%d' % (_quote(part.stream_id), part.sequence_id)
    if part.end_of_stream:
        text += b',"endOfStream":true'
    if part.error is not None:
        error = part.error
        members = {"name": error.name, "message": error.message, "userErrorCode": error.user_error_code}
        text += b',"error":' + _quote({name: value for name, value in members.items() if value is not None})
    return text + b"}"
