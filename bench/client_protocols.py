"""The frames of each client protocol as the generator needs them: what a client offers, publishes, and waits for.

A frame's lengths have to stay the same while its time and its numbers change. So texts are filled up to 64 bytes, and a
protobuf ack id is written in five bytes, which protobuf allows.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.dialects import ACK_ID_DIGITS, TEXT, TEXT_BYTES, USER

__all__ = ["JSON", "PROTOBUF", "RELIABLE_JSON", "RELIABLE_PROTOBUF", "ClientProtocol"]

# How often official clients acknowledge what they have received.
ACK_MILLISECONDS = 1000
ACK_ID_VARINT_BYTES = 5
STREAM_ID = "a"
# Digits that the number of a fragment has while most of a run lasts.
FRAGMENT_DIGITS = 5


@dataclass(frozen=True, slots=True)
class ClientProtocol:
    """One protocol; a group's name may hold {i}, the number of the connection, if that has `group_bytes`."""

    name: str
    """What rows of the table say."""
    subprotocol: str
    is_protobuf: bool
    is_reliable: bool

    def opening(self) -> tuple[str, ...]:
        """Return the options of a client that speaks the protocol and, if it is reliable, acknowledges."""
        # The name of the user stands in the `connected` frame: ConnectedMessage.user_id.
        told = text_field(2, USER) if self.is_protobuf else '"connectionId"'
        reliable = ("-A", str(ACK_MILLISECONDS)) if self.is_reliable else ()
        return ("-S", self.subprotocol, "-J", told, *(("-B",) if self.is_protobuf else ()), *reliable)

    def joining(self, group: str, group_bytes: int) -> tuple[str, ...]:
        """Return the options by which each connection joins a group after it was opened."""
        if self.is_protobuf:
            return ("-j", message_field(6, text_field(1, group, group_bytes), 2 + group_bytes))
        return ("-j", f'{{"type":"joinGroup","group":"{group}"}}')

    def publishing(self, group: str, group_bytes: int) -> tuple[str, ...]:
        """Return the options of a frame that publishes a text with an ack id, as official clients do by default."""
        if not self.is_protobuf:
            frame = f'{{"type":"sendToGroup","group":"{group}","dataType":"text","ackId":{{n}},"data":"{TEXT}"}}'
            group_extra = group_bytes - len(group)
            size = len(frame) - len(TEXT) + TEXT_BYTES + group_extra + ACK_ID_DIGITS - len("{n}")
            return ("-m", frame, "-z", str(size))
        data = text_field(1, TEXT, TEXT_BYTES)
        members = text_field(1, group, group_bytes) + "\x10{v}" + message_field(3, data, 2 + TEXT_BYTES)
        size = (2 + group_bytes) + (1 + ACK_ID_VARINT_BYTES) + (4 + TEXT_BYTES)
        return ("-m", message_field(1, members, size), "-z", str(2 + size))

    def speaking(self, group: str) -> tuple[str, ...]:
        """Return the options of a short text that the first connection sends to the group with `-s`."""
        if self.is_protobuf:
            data = text_field(1, "x")
            members = text_field(1, group) + message_field(3, data, len(data))
            return ("-j", message_field(1, members, len(members)))
        return ("-j", f'{{"type":"sendToGroup","group":"{group}","dataType":"text","data":"x"}}')

    def streaming(self, group: str) -> tuple[str, ...]:
        """Return the options of a JSON client whose first connection opens a stream (`-s 1`) and sends fragments."""
        start = f'{{"type":"sendToGroup","group":"{group}","stream":{{"streamId":"{STREAM_ID}"}}}}'
        around = f'{{"type":"streamData","streamId":"{STREAM_ID}","streamSequenceId":{{n}},"dataType":"text","data":"'
        size = len(around) - len("{n}") + FRAGMENT_DIGITS + TEXT_BYTES + len('"}')
        return ("-s", "1", "-j", start, "-m", f'{around}{TEXT}"}}', "-z", str(size))


def text_field(number: int, text: str, size: int | None = None) -> str:
    """Return a protobuf field of text that will have so many bytes, when it is not the text's own size."""
    return message_field(number, text, len(text) if size is None else size)


def message_field(number: int, content: str, size: int) -> str:
    """Return a length-delimited field (protobuf's encoding guide); the generator's arguments are text without NUL."""
    if not (0 < number < 16 and 0 < size < 128):
        raise ValueError(f"expected a field number below 16 and a size of 1 to 127, got {number} and {size}")
    return f"{chr(number << 3 | 2)}{chr(size)}{content}"


JSON = ClientProtocol("json", "json.webpubsub.azure.v1", is_protobuf=False, is_reliable=False)
RELIABLE_JSON = ClientProtocol("reliable", "json.reliable.webpubsub.azure.v1", is_protobuf=False, is_reliable=True)
PROTOBUF = ClientProtocol("protobuf", "protobuf.webpubsub.azure.v1", is_protobuf=True, is_reliable=False)
RELIABLE_PROTOBUF = ClientProtocol(
    "reliable-protobuf", "protobuf.reliable.webpubsub.azure.v1", is_protobuf=True, is_reliable=True
)
