"""A hub with clients in it that speak JSON, and the frames that they write and get."""

from __future__ import annotations

import json
from typing import Any

from tests.hubs.outlets import Client, make_client
from tests.hubs.scripted_time import ScriptedTime
from tests.hubs.surroundings import AT, RecordingEvents, Ticks, make_directory, make_hub

from linarite.cluster.local import LocalBackplane
from linarite.hubs.hub import Hub
from linarite.hubs.plain_clients import PlainPublish
from linarite.hubs.session import Session, SessionLimits
from linarite.hubs.streams import StreamLimits

ALL_ROLES = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")
NOW = 1000.0


class House:
    """A hub, and sessions of clients in it."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.time = ScriptedTime(NOW)
        self.events = RecordingEvents()
        self.directory = make_directory(self.ticks, self.events)
        self.backplane = LocalBackplane(self.directory, make_hub(self.ticks))
        self.limits = SessionLimits(
            ack_memory=3, waiting_requests=2, waiting_bytes=1000, streams=StreamLimits(3, 36, 300.0)
        )

    @property
    def hub(self) -> Hub:
        return self.directory.open(AT)

    def enter(self, name: str, roles=ALL_ROLES, plain: PlainPublish | None = None, **more: Any) -> Guest:
        client = make_client(name, f"user-{name}", roles=roles, **more)
        hub = self.hub
        hub.attach(client.connection)
        session = Session(AT, hub, client.connection, self.backplane, self.time, self.limits, self.events, plain)
        return Guest(self, client, session)


class Guest:
    """A client and its session; reading what it was told ends the tick."""

    def __init__(self, house: House, client: Client, session: Session) -> None:
        self.house = house
        self.connection, self.outlet = client
        self.session = session
        self._read = 0

    def says(self, *requests: object) -> Guest:
        for request in requests:
            text = request if isinstance(request, str) else json.dumps(request)
            self.session.receive(True, text.encode())
        return self

    @property
    def news(self) -> list[Any]:
        """What it was told since the last look."""
        self.house.time.pass_()
        self.house.ticks.end()
        told = self.outlet.told
        fresh, self._read = told[self._read :], len(told)
        return fresh


def join(ack_id=None, group="g"):
    return {"type": "joinGroup", "group": group, "ackId": ack_id}


def leave(ack_id=None, group="g"):
    return {"type": "leaveGroup", "group": group, "ackId": ack_id}


def send(data, ack_id=None, group="g", **more):
    return {"type": "sendToGroup", "group": group, "data": data, "ackId": ack_id, **more}


def event(ack_id=None, **more):
    return {"type": "event", "event": "e", "data": 1, "ackId": ack_id, **more}


def success(ack_id):
    return {"type": "ack", "ackId": ack_id, "success": True}


def failure(ack_id, name, message):
    return {"type": "ack", "ackId": ack_id, "success": False, "error": {"name": name, "message": message}}


def duplicate(ack_id):
    return failure(ack_id, "Duplicate", f"Message with ack-id: {ack_id} has been processed")


def data_of(told):
    return [frame["data"] for frame in told if frame["type"] == "message"]
