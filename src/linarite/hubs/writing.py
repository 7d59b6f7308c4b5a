"""The same bytes to many sockets, with nothing of ours between two system calls.

A write to a socket costs about 4.5 us of kernel time, and the interpreter and a transport between two writes another
2 us, most of it cache misses after each return from the kernel. So a tick's frames go to the sockets' descriptors in
one `map`, which no bytecode interrupts (`make bench`, fan-out-client-1).

A descriptor may be written to only while its transport holds nothing back: whoever gives a connection its descriptor
has the transport say so from the first byte on (`set_write_buffer_limits(high=0)`; then the connection is stalled), and
takes the descriptor away when the transport tells that the connection is lost, which is before it closes the socket.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from operator import attrgetter

from linarite.hubs.connection import Connection

__all__ = ["write_each", "write_to_each"]

_descriptor_of = attrgetter("descriptor")


def write_each(connections: Sequence[Connection], frames: bytes) -> None:
    """Write the same complete frames to each connection; none of them is stalled."""
    write_to_each(connections, [frames] * len(connections))


def write_to_each(connections: Sequence[Connection], frames: Sequence[bytes]) -> None:
    """Write to each connection the complete frames at its place; none of them is stalled."""
    descriptors = list(map(_descriptor_of, connections))
    if None in descriptors:
        # TLS, or a platform whose sockets are no files: by the transport.
        for connection, own in zip(connections, frames, strict=True):
            if connection.descriptor is None:
                connection.write(own)
        kept = [place for place, descriptor in enumerate(descriptors) if descriptor is not None]
        connections, frames = [connections[place] for place in kept], [frames[place] for place in kept]
        descriptors = list(map(_descriptor_of, connections))
    sizes: list[int] = []
    while len(sizes) < len(descriptors):
        try:
            # An error leaves in `sizes` what was written before it.
            sizes.extend(map(os.write, descriptors[len(sizes) :], frames[len(sizes) :]))
        except OSError:
            # Full, or lost: the transport keeps the frames or finds out by itself.
            sizes.append(0)
    if sizes != list(map(len, frames)):
        for connection, size, own in zip(connections, sizes, frames, strict=True):
            if size < len(own):
                connection.write(own[size:])
