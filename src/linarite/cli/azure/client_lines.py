"""The lines that a person types into `webpubsub client start`, and the frames that they are."""

from __future__ import annotations

__all__ = ["USAGE", "frame_of"]

USAGE = """\
help                                  show this text
joingroup <group-name>                join a group
leavegroup <group-name>               leave a group
sendtogroup <group-name> <message>    send a message to a group
event <event-name> <message>          send an event to the hub's event handler
"""


def frame_of(line: str, ack_id: int) -> dict[str, object] | None:
    """The frame of subprotocol json.webpubsub.azure.v1 that a line is; None for a line that is none.

    Keywords compare without case; the last argument goes to the end of the line. Data is a JSON text, for frames
    without `dataType` hold JSON.
    """
    keyword, _, rest = line.strip().partition(" ")
    first, _, last = rest.strip().partition(" ")
    whole, message = rest.strip(), last.strip()
    match keyword.lower():
        case "joingroup" if whole:
            return {"type": "joinGroup", "group": whole, "ackId": ack_id}
        case "leavegroup" if whole:
            return {"type": "leaveGroup", "group": whole, "ackId": ack_id}
        case "sendtogroup" if message:
            return {"type": "sendToGroup", "group": first, "data": message, "ackId": ack_id}
        case "event" if message:
            return {"type": "event", "event": first, "data": message, "ackId": ack_id}
    return None
