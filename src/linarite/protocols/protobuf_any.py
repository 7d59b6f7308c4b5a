"""Whether bytes are a serialized `google.protobuf.Any`, asked of the official runtime."""

from __future__ import annotations

__all__ = ["is_serialized_any"]


def is_serialized_any(data: bytes) -> bool:
    """Whether `data` parses as an `Any`; messages sent as `protobuf` must."""
    # Imported at first use: few servers see protobuf data, and the runtime takes a tenth of the start-up time.
    from google.protobuf.any_pb2 import Any
    from google.protobuf.message import DecodeError

    try:
        Any.FromString(data)
    except DecodeError:
        return False
    return True
