"""Which codecs are fuzzed, from which stored inputs, and with which words of their protocol."""

from __future__ import annotations

from typing import NamedTuple

from tests.fuzz import protobuf_inputs

from linarite.protocols.codec import Codec
from linarite.protocols.json_codec import JSON, RELIABLE_JSON
from linarite.protocols.protobuf_codec import PROTOBUF, RELIABLE_PROTOBUF
from linarite.protocols.simple_codec import SIMPLE


class Target(NamedTuple):
    """A codec, its folder below `corpus`, what is put into its inputs, and texts to make a large input of."""

    name: str
    codec: Codec
    corpus: str
    words: tuple[bytes, ...]
    large: tuple[tuple[bytes, bytes, bytes], ...]
    """Opening, a piece to repeat until there is a message of the greatest size, closing."""
    is_text: bool = True
    """Of which kind the large inputs are."""


_JSON_WORDS = (
    *(b'"ackId":', b'"data":', b'"dataType":', b'"error":', b'"event":', b'"group":', b'"idleTimeoutMs":'),
    *(b'"invocationId":', b'"message":', b'"metadata":', b'"noEcho":', b'"sequenceId":', b'"stream":', b'"streamId":'),
    *(b'"streamSequenceId":', b'"target":', b'"ttlSeconds":', b'"type":', b'"userErrorCode":'),
    *(b'"joinGroup"', b'"leaveGroup"', b'"sendToGroup"', b'"event"', b'"ping"', b'"sequenceAck"', b'"streamData"'),
    *(b'"streamEnd"', b'"invoke"', b'"cancelInvocation"', b'"setGroupState"', b'"subscribeGroupState"'),
    *(b'"text"', b'"json"', b'"binary"', b'"protobuf"', b'"', b"\\", b'\\"', b"\\ud800", b"\\udc00", b"\\u0000"),
    *(b"{", b"}", b"[", b"]", b":", b",", b"{}", b"[]", b"null", b"true", b"false", b"NaN"),
    *(b"0", b"-1", b"1.0", b"1e3", b"18446744073709551615", b"18446744073709551616"),
    *(b"\xef\xbb\xbf", b"\x00", b"\xff", "é".encode(), "😀".encode()),
)
_EVENT = b'{"type":"event","event":"e",'
_JSON_LARGE = (
    (_EVENT + b'"data":', b"[", b"}"),
    (_EVENT + b'"data":["\\ud800",', b"[", b"}"),
    (_EVENT + b'"data":"', b"\\ud800", b'"}'),
    (_EVENT + b'"data":"', b"\\\\", b'"}'),
    (_EVENT + b'"data":', b"1", b"}"),
    (_EVENT + b'"data":0.', b"1", b"}"),
    (_EVENT + b'"data":"\\ud800"', b',"a":1', b"}"),
    (_EVENT + b'"data":1', b',"data":1', b"}"),
    (_EVENT + b'"dataType":"binary","data":"', b"A ", b'"}'),
    (_EVENT + b'"dataType":"protobuf","data":"', b"CgAK", b'"}'),
    (_EVENT + b'"data":1,"metadata":{"a":""', b',"a":""', b"}}"),
    (_EVENT + b'"data":1,"metadata":', b"1", b"}"),
    (_EVENT + b'"data":1,"metadata":', b"[", b"}"),
    (b'{"type":"event","event":"', b"e", b'","data":1}'),
    (b'{"type":"joinGroup","group":"', b" ", b'"}'),
    (b'{"type":"joinGroup","group":"g","ackId":', b"1", b"}"),
    (b'{"type":"sendToGroup","group":"g","stream":{"streamId":"s","idleTimeoutMs":', b"1", b"}}"),
    (b'{"type":"sendToGroup","group":"g","stream":{"streamId":"', b"s", b'"}}'),
    (b'{"type":"streamEnd","streamId":"s","error":', b'{"error":', b"1"),
    (b'{"type":"', b"A", b'"}'),
    (b"", b" ", b'{"type":"ping"}'),
    (b"", b"{", b""),
    (b"", b'{"type":"ping"}', b""),
)

_PROTOBUF_LARGE = tuple((b"", payload, b"") for payload in protobuf_inputs.LARGE)

TARGETS = (
    Target("json", JSON, "json", _JSON_WORDS, _JSON_LARGE),
    Target("reliable-json", RELIABLE_JSON, "json", _JSON_WORDS, _JSON_LARGE),
    Target("protobuf", PROTOBUF, "protobuf", protobuf_inputs.WORDS, _PROTOBUF_LARGE, is_text=False),
    Target("reliable-protobuf", RELIABLE_PROTOBUF, "protobuf", protobuf_inputs.WORDS, _PROTOBUF_LARGE, is_text=False),
    Target("simple", SIMPLE, "simple", (b"\x00", b"\xff"), ((b"", b"a", b""),)),
)
