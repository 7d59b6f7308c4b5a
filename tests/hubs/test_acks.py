"""How many ack ids are remembered."""

import pytest

from linarite.hubs.acks import AckMemory


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_newest_ids_are_remembered(limit):
    memory = AckMemory(limit)
    for ack_id in range(10):
        memory.add(ack_id)
    assert [ack_id for ack_id in range(10) if ack_id in memory] == list(range(10 - limit, 10))
