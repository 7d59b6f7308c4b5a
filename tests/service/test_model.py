"""Thousands of connections that join, leave, send, come and go at random, checked against a model of what each hears.

The time is cut into rounds. In each, memberships change and messages are sent at the same time, by clients and by REST.
Who is a member before and after has to hear a message; who joins, leaves or goes away in that round may hear it; nobody
else must. A message to all ends the round: after it nothing of the round can still arrive.
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
import pytest
import uvloop
from tests.server_process import ServerProcess, server_process
from tests.service.lean_client import BINARY, TEXT, LeanClient, open_lean

CONNECTIONS, GROUPS, USERS, REST_SENDERS = 2000, 50, 500, 6
ROUNDS = 12
CHANGES, SENDS, REST_SENDS, BURSTS, LEAVERS = 150, 300, 120, 20, 12
ROUND_SECONDS = 30.0
HUB = "model"
API = "api-version=2024-12-01"
SEED = int(os.environ.get("MODEL_SEED", "1"))


class Frame(msgspec.Struct):
    """What clients get from the JSON protocol, as far as it matters here."""

    type: str
    event: str | None = None
    connectionId: str | None = None  # noqa: N815 - the wire's spelling
    userId: str | None = None  # noqa: N815
    group: str | None = None
    fromUserId: str | None = None  # noqa: N815
    dataType: str | None = None  # noqa: N815
    data: str | None = None
    ackId: int | None = None  # noqa: N815
    success: bool | None = None


decode = msgspec.json.Decoder(Frame).decode
encode = msgspec.json.encode


class Sent:
    """A message on its way: who must hear it, who may, and who has not yet."""

    __slots__ = ("group", "may", "missing", "number", "sender", "user")

    def __init__(self, sender: str, number: int, must: set[int], may: set[int]) -> None:
        self.sender = sender
        self.number = number
        self.missing = must
        self.may = may
        self.group: str | None = None
        self.user: str | None = None


class Member:
    """One client: what it is, where it is a member, and what it has heard."""

    def __init__(self, model: Model, index: int) -> None:
        self.model = model
        self.index = index
        self.is_plain = index % 10 == 0
        self.user = None if index % 7 == 0 else f"user {index % USERS}"
        self.home = f"group {index % GROUPS}"
        self.no_echo = index % 20 == 0
        self.groups: set[str] = set()
        self.connection_id = ""
        self.client: LeanClient | None = None
        self.heard: set[tuple[str, int]] = set()
        self.last: dict[str, int] = {}
        self.unacked: list[int] = []
        self.ack_id = 0
        self.told: str | None = None
        self.connected: asyncio.Event = asyncio.Event()

    async def connect(self, groups: set[str]) -> None:
        """Open a connection that is a member of these groups from its start."""
        self.groups = set(groups)
        self.heard, self.last, self.unacked, self.told = set(), {}, [], None
        self.connected.clear()
        claims = {"role": ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"], "webpubsub.group": sorted(groups)}
        if self.user is not None:
            claims["sub"] = self.user
        mode = {"webpubsub_mode": "sendToGroup", "group": self.home, "noEcho": str(self.no_echo)}
        url = self.model.server.client_url(HUB, query=mode if self.is_plain else None, **claims)
        subprotocol = None if self.is_plain else "json.webpubsub.azure.v1"
        self.client = await open_lean(url, subprotocol, self.take)
        if not self.is_plain:
            await asyncio.wait_for(self.connected.wait(), ROUND_SECONDS)

    def ask(self, kind: str, group: str, **members: object) -> None:
        """Send a request, with an ack id."""
        self.ack_id += 1
        self.unacked.append(self.ack_id)
        assert self.client is not None
        self.client.send(encode({"type": kind, "group": group, "ackId": self.ack_id, **members}))

    def take(self, opcode: int, payload: bytes) -> None:
        """Take a message from the server."""
        if self.is_plain:
            text = payload.decode()
            assert (opcode == BINARY) == text.startswith("b"), (opcode, payload)
            self.hear(text.strip('"'), None)
            return
        assert opcode == TEXT
        frame = decode(payload)
        if frame.type == "message":
            assert frame.data is not None
            is_binary = frame.dataType == "binary"
            self.hear(base64.b64decode(frame.data).decode() if is_binary else frame.data, frame)
        elif frame.type == "ack":
            assert frame.success, f"{self.index} was refused: {payload!r}"
            assert self.unacked[:1] == [frame.ackId], f"{self.index} got an ack out of order: {payload!r}"
            del self.unacked[0]
        elif frame.event == "connected":
            assert frame.userId == self.user
            assert frame.connectionId is not None
            self.connection_id = frame.connectionId
            self.connected.set()
        else:
            assert frame.event == "disconnected", payload
            self.told = frame.event

    def hear(self, text: str, frame: Frame | None) -> None:
        """Check one message against the model."""
        _, sender, number_text = text.split("/")
        number = int(number_text)
        sent = self.model.sent.get((sender, number))
        assert sent is not None, f"{self.index} heard {text}, which nobody has sent in this round"
        assert (sender, number) not in self.heard, f"{self.index} heard {text} twice"
        is_due = self.index in sent.missing
        assert is_due or self.index in sent.may, f"{self.index} heard {text}, which is for others"
        assert self.last.get(sender, -1) < number, f"{self.index} heard {text} after number {self.last[sender]}"
        if frame is not None:
            assert (frame.group, frame.fromUserId) == (sent.group, sent.user), frame
        self.heard.add((sender, number))
        self.last[sender] = number
        sent.missing.discard(self.index)
        self.model.heard += 1


class Model:
    """The hub as it has to be."""

    def __init__(self, server: ServerProcess, session: aiohttp.ClientSession, chance: random.Random) -> None:
        self.server = server
        self.session = session
        self.chance = chance
        self.members = [Member(self, index) for index in range(CONNECTIONS)]
        self.groups = [f"group {number}" for number in range(GROUPS)]
        self.numbers: defaultdict[str, int] = defaultdict(int)
        self.sent: dict[tuple[str, int], Sent] = {}
        self.heard = self.messages = self.requests = 0
        self.failures: list[str] = []

    # Doing

    async def open_all(self) -> None:
        gate = asyncio.Semaphore(50)

        async def open_one(member: Member) -> None:
            async with gate:
                await member.connect(set(self.chance.sample(self.groups, self.chance.randint(0, 3))))

        await asyncio.gather(*map(open_one, self.members))

    async def call(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> int:
        self.requests += 1
        headers = self.server.rest_headers(path)
        if kind is not None:
            headers["Content-Type"] = kind
        async with self.session.request(method, self.server.endpoint + path, data=body, headers=headers) as answer:
            return answer.status

    def note(self, sender: str, must: Iterable[int], may: Iterable[int]) -> Sent:
        """Write down a message before it is sent."""
        number = self.numbers[sender] = self.numbers[sender] + 1
        sent = Sent(sender, number, set(must), set(may))
        self.sent[sender, number] = sent
        self.messages += 1
        return sent

    # A round

    async def play(self) -> None:
        """One round: everything at once, then the proof."""
        self.sent.clear()
        plan = Plan(self)
        by_client = [*plan.client_changes(), *plan.bursts(), *plan.client_sends()]
        by_rest = [*plan.rest_changes(), *plan.rest_sends()]
        leaving = [*plan.departures()]
        for actions in (by_client, by_rest):
            self.chance.shuffle(actions)
        lanes = [by_rest[lane::REST_SENDERS] for lane in range(REST_SENDERS)]
        async with self.proof():
            await asyncio.gather(
                self._act(by_client), *(self._call(f"rest{n}", lane) for n, lane in enumerate(lanes)), *leaving
            )
            await self._settled(
                lambda: all(not member.unacked for member in self.members if member.index not in plan.leavers)
            )
            await self._settled(lambda: all(not sent.missing for sent in self.sent.values()))
        plan.carry_out()
        await self.end_round(plan.leavers)

    @asynccontextmanager
    async def proof(self) -> AsyncIterator[None]:
        """Fail for what clients have found wrong, and for what is still missing when the time is over."""
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                yield
        except TimeoutError:
            unacked = [member.index for member in self.members if member.unacked]
            lost = [(sent.sender, sent.number, sorted(sent.missing)) for sent in self.sent.values() if sent.missing]
            raise AssertionError(f"{len(lost)} messages lost: {lost[:3]}; acks missing: {unacked[:9]}") from None
        assert not self.failures, self.failures[:3]

    def note_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A client has met something that must not be: its check failed inside the event loop."""
        self.failures.append(str(context.get("exception") or context["message"]))

    def abort_all(self) -> None:
        for member in self.members:
            if member.client is not None:
                member.client.abort()

    async def _act(self, actions: Iterable[Callable[[], None]]) -> None:
        for count, act in enumerate(actions):
            act()
            if count % 5 == 0:
                await asyncio.sleep(0)

    async def _call(self, sender: str, calls: Iterable[Callable[[str], Awaitable[None]]]) -> None:
        for call in calls:
            await call(sender)

    async def _settled(self, question: Callable[[], bool]) -> None:
        while not question() and not self.failures:  # noqa: ASYNC110  the answers lie in two thousand clients
            await asyncio.sleep(0.01)

    async def end_round(self, gone: set[int]) -> None:
        """Let those who left come back, and have a last message to all prove that nothing else arrives."""
        for index in gone:
            member = self.members[index]
            assert member.client is not None
            await asyncio.wait_for(member.client.over, ROUND_SECONDS)
        await asyncio.gather(
            *(self.members[i].connect(set(self.chance.sample(self.groups, self.chance.randint(0, 3)))) for i in gone)
        )
        fence = self.note("fence", range(CONNECTIONS), ())
        path = f"/api/hubs/{HUB}/:send?{API}"
        assert await self.call("POST", path, f"t/fence/{fence.number}".encode(), "text/plain") == 202
        async with self.proof():
            await self._settled(lambda: not fence.missing)

    async def compare_memberships(self) -> None:
        """The service's own lists of members are the model's."""
        for group in self.groups:
            path = f"/api/hubs/{HUB}/groups/{quote(group)}/connections?{API}"
            link, listed = self.server.endpoint + path, set()
            while link is not None:  # a long run makes groups of more than one page
                async with self.session.get(link, headers=self.server.rest_headers(path)) as answer:
                    page = await answer.json()
                listed |= {member["connectionId"] for member in page["value"]}
                link = page["nextLink"]
            members = [member for member in self.members if group in member.groups]
            assert {member.connection_id for member in members if not member.is_plain} <= listed
            assert len(listed) == len(members)


class Plan:
    """What will happen in one round, drawn at random, no two things at odds with each other."""

    def __init__(self, model: Model) -> None:
        self.model = model
        chance = model.chance
        self.leavers = set(chance.sample(range(CONNECTIONS), LEAVERS))
        pairs = {(chance.randrange(CONNECTIONS), chance.choice(model.groups)) for _ in range(CHANGES + BURSTS)}
        pairs = {(index, group) for index, group in pairs if index not in self.leavers}
        outside = [
            (i, g) for i, g in sorted(pairs) if g not in model.members[i].groups and not model.members[i].is_plain
        ]
        self.burst_pairs = outside[:BURSTS]
        self.changes = sorted(pairs - set(self.burst_pairs))
        chance.shuffle(self.changes)
        self.user_changes: list[tuple[str, str, bool]] = []
        self.unsettled: defaultdict[str, set[int]] = defaultdict(set)
        for index, group in pairs:
            self.unsettled[group].add(index)
        self._draw_user_changes()

    def _draw_user_changes(self) -> None:
        """All connections of a user into a group or out of it, in groups where nothing else of theirs is changing."""
        model = self.model
        for _ in range(10):
            user, group = f"user {model.chance.randrange(USERS)}", model.chance.choice(model.groups)
            affected = {member.index for member in model.members if member.user == user}
            if affected & (self.unsettled[group] | self.leavers):
                continue
            self.user_changes.append((user, group, model.chance.random() < 0.5))
            self.unsettled[group] |= affected

    # Who hears what

    def audience(self, group: str, without: Iterable[int] = ()) -> tuple[set[int], set[int]]:
        """Who must and who may hear a message to the group."""
        before = {member.index for member in self.model.members if group in member.groups}
        unsure = self.unsettled[group] | (before & self.leavers)
        left_out = set(without)
        return before - unsure - left_out, unsure - left_out

    # By clients

    def client_changes(self) -> Iterator[Callable[[], None]]:
        for index, group in self.changes[::2]:
            member = self.model.members[index]
            if not member.is_plain:
                kind = "leaveGroup" if group in member.groups else "joinGroup"
                yield lambda member=member, kind=kind, group=group: member.ask(kind, group)  # type: ignore[misc]

    def bursts(self) -> Iterator[Callable[[], None]]:
        """Send, join, send, leave and send in one go: of its own messages the sender must hear the second only."""
        for index, group in self.burst_pairs:
            yield lambda member=self.model.members[index], group=group: self._burst(member, group)  # type: ignore[misc]

    def _burst(self, member: Member, group: str) -> None:
        must, may = self.audience(group, {member.index})
        self._send(member, group, set(must), set(may), no_echo=False)
        member.ask("joinGroup", group)
        self._send(member, group, must | {member.index}, set(may), no_echo=False)
        member.ask("leaveGroup", group)
        self._send(member, group, set(must), set(may), no_echo=False)

    def client_sends(self) -> Iterator[Callable[[], None]]:
        for _ in range(SENDS):
            member = self.model.members[self.model.chance.randrange(CONNECTIONS)]
            if member.index not in self.leavers:
                yield lambda member=member: self._send_anything(member)  # type: ignore[misc]

    def _send_anything(self, member: Member) -> None:
        if member.is_plain:
            self._send_plain(member)
            return
        group = self.model.chance.choice(self.model.groups)
        no_echo = self.model.chance.random() < 0.3
        must, may = self.audience(group, {member.index} if no_echo else ())
        self._send(member, group, must, may, no_echo)

    def _send(self, member: Member, group: str, must: set[int], may: set[int], no_echo: bool) -> None:
        sent = self._noted(f"client{member.index}", must, may, group, member.user)
        kind = self.model.chance.choice(("text", "json", "binary"))
        text = f"{kind[0]}/{sent.sender}/{sent.number}"
        data = base64.b64encode(text.encode()).decode() if kind == "binary" else text
        member.ask("sendToGroup", group, dataType=kind, data=data, noEcho=no_echo)

    def _send_plain(self, member: Member) -> None:
        must, may = self.audience(member.home, {member.index} if member.no_echo else ())
        sent = self._noted(f"client{member.index}", must, may, member.home, member.user)
        is_binary = self.model.chance.random() < 0.5
        text = f"{'b' if is_binary else 't'}/{sent.sender}/{sent.number}"
        assert member.client is not None
        member.client.send(text.encode(), BINARY if is_binary else TEXT)

    def _noted(self, sender: str, must: set[int], may: set[int], group: str | None, user: str | None) -> Sent:
        sent = self.model.note(sender, must, may)
        sent.group, sent.user = group, user
        return sent

    # By REST

    def rest_changes(self) -> Iterator[Callable[[str], Awaitable[None]]]:
        for index, group in self.changes[1::2]:
            yield lambda _, index=index, group=group: self._change(index, group)  # type: ignore[misc]
        for user, group, is_join in self.user_changes:
            yield lambda _, user=user, group=group, is_join=is_join: self._change_user(user, group, is_join)  # type: ignore[misc]

    async def _change(self, index: int, group: str) -> None:
        member = self.model.members[index]
        if member.is_plain:
            return  # its connection id is known to nobody
        method, status = ("DELETE", 204) if group in member.groups else ("PUT", 200)
        path = f"/api/hubs/{HUB}/groups/{quote(group)}/connections/{member.connection_id}?{API}"
        assert await self.model.call(method, path) == status

    async def _change_user(self, user: str, group: str, is_join: bool) -> None:
        path = f"/api/hubs/{HUB}/users/{quote(user)}/groups/{quote(group)}?{API}"
        assert await self.model.call("PUT" if is_join else "DELETE", path) == (200 if is_join else 204)

    def rest_sends(self) -> Iterator[Callable[[str], Awaitable[None]]]:
        for number in range(REST_SENDS):
            kind = (
                "all"
                if number == 0
                else self.model.chance.choice(("group", "group", "user", "connection", "excluding"))
            )
            yield lambda sender, kind=kind: self._rest_send(sender, kind)  # type: ignore[misc]

    async def _rest_send(self, sender: str, kind: str) -> None:
        model, chance = self.model, self.model.chance
        everyone = set(range(CONNECTIONS))
        target, query, group = "", "", None
        must, may = everyone - self.leavers, set(self.leavers)
        if kind in ("group", "excluding"):
            group = chance.choice(model.groups)
            target = f"/groups/{quote(group)}"
            must, may = self.audience(group)
            if kind == "excluding":
                spared = [m for m in chance.sample(model.members, 3) if not m.is_plain and m.index not in self.leavers]
                must, may = self.audience(group, {member.index for member in spared})
                query = "".join(f"&excluded={member.connection_id}" for member in spared)
        elif kind == "user":
            user = f"user {chance.randrange(USERS)}"
            target = f"/users/{quote(user)}"
            named = {member.index for member in model.members if member.user == user}
            must, may = named - self.leavers, named & self.leavers
        elif kind == "connection":
            member = chance.choice([m for m in chance.sample(model.members, 50) if not m.is_plain])
            target = f"/connections/{member.connection_id}"
            must, may = {member.index} - self.leavers, {member.index} & self.leavers
        sent = self._noted(sender, must, may, group, None)
        form, mark = chance.choice((("text/plain", "t"), ("application/json", "j"), ("application/octet-stream", "b")))
        text = f"{mark}/{sender}/{sent.number}"
        body = encode(text) if mark == "j" else text.encode()
        path = f"/api/hubs/{HUB}{target}/:send?{API}{query}"
        assert await model.call("POST", path, body, form) == 202

    # Who leaves

    def departures(self) -> Iterator[Awaitable[None]]:
        for index in sorted(self.leavers):
            yield self._depart(self.model.members[index], self.model.chance.choice(("close", "abort", "rest")))

    async def _depart(self, member: Member, way: str) -> None:
        await asyncio.sleep(self.model.chance.random() * 0.2)
        assert member.client is not None
        if way == "abort":
            member.client.abort()
        elif way == "close" or member.is_plain:
            member.client.close()
        else:
            path = f"/api/hubs/{HUB}/connections/{member.connection_id}?{API}"
            assert await self.model.call("DELETE", path) == 204
            await member.client.over
            assert (member.told, member.client.close_code) == ("disconnected", 1000)

    # After it

    def carry_out(self) -> None:
        """Change the model as the server was asked to change."""
        members = self.model.members
        for index, group in self.changes:
            if not members[index].is_plain:
                members[index].groups ^= {group}
        for user, group, is_join in self.user_changes:
            for member in members:
                if member.user == user:
                    (member.groups.add if is_join else member.groups.discard)(group)


async def run_model(server: ServerProcess) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "0"))
    connector = aiohttp.TCPConnector(limit=REST_SENDERS + LEAVERS)
    async with aiohttp.ClientSession(connector=connector) as session:
        model = Model(server, session, random.Random(SEED))
        asyncio.get_running_loop().set_exception_handler(model.note_failure)
        started = time.monotonic()
        await model.open_all()
        opened = time.monotonic()
        rounds = 0
        try:
            while rounds < ROUNDS or time.monotonic() < started + 60 * minutes:
                await model.play()
                rounds += 1
            await model.compare_memberships()
        except Exception as error:
            error.add_note(f"in round {rounds} of seed {SEED}")
            raise
        finally:
            model.abort_all()
        ended = time.monotonic()
    print(
        f"{CONNECTIONS} connections opened in {opened - started:.1f} s; {rounds} rounds in {ended - opened:.1f} s: "
        f"{model.messages} messages, {model.requests} REST calls, {model.heard} deliveries, "
        "0 lost, 0 doubled, 0 misdelivered, 0 out of order"
    )
    assert model.heard > 20 * model.messages, "expected messages that many hear"


@pytest.mark.soak
def test_nothing_is_lost_doubled_misdelivered_or_reordered(tmp_path: Path) -> None:
    with server_process(tmp_path) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_model(server))
