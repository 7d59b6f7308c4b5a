"""Which protocol a new connection speaks (RFC 6455, section 4.2.2; concept-client-protocols)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from linarite.protocols.codec import Codec
from linarite.protocols.json_codec import JSON, RELIABLE_JSON
from linarite.protocols.protobuf_codec import PROTOBUF, RELIABLE_PROTOBUF
from linarite.protocols.simple_codec import SIMPLE

__all__ = ["SUBPROTOCOLS", "Negotiated", "negotiate", "parse_offer"]

_SUPPORTED: dict[str, Codec] = {codec.name: codec for codec in (JSON, RELIABLE_JSON, PROTOBUF, RELIABLE_PROTOBUF)}
SUBPROTOCOLS = tuple(_SUPPORTED)
"""The subprotocols that clients may ask for."""


class Negotiated(NamedTuple):
    """The codec, and the subprotocol to name in the answer: exactly as the client wrote it, or None."""

    codec: Codec
    subprotocol: str | None


def parse_offer(header_values: Sequence[str]) -> list[str]:
    """The subprotocols of all `Sec-WebSocket-Protocol` headers, in the client's order."""
    return [name for value in header_values for part in value.split(",") if (name := part.strip())]


def negotiate(offered: Sequence[str], chosen: str | None = None) -> Negotiated:
    """The subprotocol that was chosen for the client, else the first supported one of its offer, in any letter case.

    A chosen one that is not ours makes a plain connection with that subprotocol; without any, it is plain too.
    """
    if chosen is not None:
        return Negotiated(_SUPPORTED.get(chosen.lower(), SIMPLE), chosen)
    for name in offered:
        codec = _SUPPORTED.get(name.lower())
        if codec is not None:
            return Negotiated(codec, name)
    return Negotiated(SIMPLE, None)
