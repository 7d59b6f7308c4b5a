"""The schema: its generated code is its own, and it agrees with the published one where that can be checked."""

import importlib.resources
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from linarite.protocols import webpubsub_pb2
from linarite.protocols.webpubsub_pb2 import DownstreamMessage, MessageData, StreamInfo, UpstreamMessage

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "src" / "linarite" / "protocols"


def test_the_generated_code_belongs_to_the_schema(tmp_path):
    compiler = Path(sys.executable).with_name("protoc")
    arguments = ["--proto_path=src", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([compiler, *arguments, "linarite/protocols/webpubsub.proto"], cwd=ROOT, check=True)

    for name in ("webpubsub_pb2.py", "webpubsub_pb2.pyi"):
        written = (tmp_path / "linarite" / "protocols" / name).read_text()
        assert (GENERATED / name).read_text() == written, "run make protobuf"


def test_the_oldest_runtime_that_is_allowed_is_that_of_the_generated_code():
    found = re.search(r"^# Protobuf Python Version: (\S+)$", (GENERATED / "webpubsub_pb2.py").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert found is not None
    assert f"protobuf>={found[1]}" in project["dependencies"]


def test_the_schema_is_installed_beside_the_code():
    text = importlib.resources.files("linarite.protocols").joinpath("webpubsub.proto").read_text("utf-8")
    assert "package azure.webpubsub;" in text
    assert webpubsub_pb2.DESCRIPTOR.package == "azure.webpubsub"


def numbers(message: type) -> dict[str, int]:
    return {field.name: field.number for field in message.DESCRIPTOR.fields}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (UpstreamMessage.SendToGroupMessage, "group ack_id data no_echo ttl_seconds metadata stream"),
        (UpstreamMessage.EventMessage, "event data ack_id metadata stream"),
        (UpstreamMessage.JoinGroupMessage, "group ack_id"),
        (UpstreamMessage.LeaveGroupMessage, "group ack_id"),
        (UpstreamMessage.SequenceAckMessage, "sequence_id"),
        (UpstreamMessage.PingMessage, ""),
        (UpstreamMessage.InvokeEventMessage, "event invocation_id data metadata stream"),
        (UpstreamMessage.CancelInvocationMessage, "invocation_id"),
        (UpstreamMessage.StreamStartInfo, "stream_id idle_timeout_ms"),
        (UpstreamMessage.StreamDataMessage, "stream_id stream_sequence_id data"),
        (UpstreamMessage.StreamEndMessage, "stream_id error"),
        (UpstreamMessage.SetGroupStateMessage, "group ack_id state"),
        (DownstreamMessage.AckMessage, "ack_id success error"),
        (DownstreamMessage.DataMessage, "from group data sequence_id metadata stream"),
        (DownstreamMessage.SystemMessage.ConnectedMessage, "connection_id user_id reconnection_token"),
        (DownstreamMessage.InvokeResponseMessage, "invocation_id success data error metadata"),
        (DownstreamMessage.StreamAckMessage, "stream_id expected_sequence_id"),
        (DownstreamMessage.StreamNackMessage, "stream_id name message expected_sequence_id"),
        (DownstreamMessage.StreamClosedMessage, "stream_id error"),
        (MessageData, "text_data binary_data protobuf_data json_data"),
        (StreamInfo, "stream_id stream_sequence_id end_of_stream error"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_fields_are_numbered_in_the_order_of_the_published_schema(message, expected):
    assert numbers(message) == {name: number for number, name in enumerate(expected.split(), 1)}


def test_numbers_that_do_not_follow_an_order_are_those_of_the_published_schema():
    assert list(numbers(UpstreamMessage).values()) == [1, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17]
    assert list(numbers(DownstreamMessage).values()) == list(range(1, 11))
    assert numbers(DownstreamMessage.SystemMessage.DisconnectedMessage) == {"reason": 2}
