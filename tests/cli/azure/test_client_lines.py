import pytest

from linarite.cli.azure.client_lines import USAGE, frame_of


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ("joingroup lobby", {"type": "joinGroup", "group": "lobby", "ackId": 7}),
        ("  JoinGroup   the lobby \n", {"type": "joinGroup", "group": "the lobby", "ackId": 7}),
        ("LEAVEGROUP lobby", {"type": "leaveGroup", "group": "lobby", "ackId": 7}),
        ("sendtogroup g  hello  you", {"type": "sendToGroup", "group": "g", "data": "hello  you", "ackId": 7}),
        ('sendToGroup g {"a":1}', {"type": "sendToGroup", "group": "g", "data": '{"a":1}', "ackId": 7}),
        ("event order 3 apples", {"type": "event", "event": "order", "data": "3 apples", "ackId": 7}),
    ],
)
def test_a_line_is_a_frame(line, frame):
    assert frame_of(line, 7) == frame


@pytest.mark.parametrize(
    "line",
    ["", "hello", "joingroup", "joingroup ", "leavegroup", "sendtogroup g", "sendtogroup", "event e", "sendall x"],
)
def test_other_lines_are_none(line):
    assert frame_of(line, 7) is None


def test_the_usage_names_every_keyword():
    assert [line.split()[0] for line in USAGE.splitlines()] == [
        "help", "joingroup", "leavegroup", "sendtogroup", "event",
    ]  # fmt: skip
