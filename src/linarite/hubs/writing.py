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
from itertools import repeat
from operator import attrgetter

from linarite.hubs.connection import Connection

__all__ = ["write_each"]

_descriptor_of = attrgetter("descriptor")


def write_each(connections: Sequence[Connection], frames: bytes) -> None:
    """Write complete frames to each connection; none of them is stalled."""
    descriptors = list(map(_descriptor_of, connections))
    if None in descriptors:
        # TLS, or a platform whose sockets are no files: by the transport.
        for connection in connections:
            if connection.descriptor is None:
                connection.write(frames)
        connections = [connection for connection in connections if connection.descriptor is not None]
        descriptors = list(map(_descriptor_of, connections))
    sizes: list[int] = []
    while len(sizes) < len(descriptors):
        try:
            # An error leaves in `sizes` what was written before it.
            sizes.extend(map(os.write, descriptors[len(sizes) :], repeat(frames)))
        except OSError:
            # Full, or lost: the transport keeps the frames or finds out by itself.
            sizes.append(0)
    if sizes.count(len(frames)) < len(sizes):
        for connection, size in zip(connections, sizes, strict=True):
            if size < len(frames):
                connection.write(frames[size:])
