"""What the generator is told so that each server does the same work: paths, tokens, frames.

A dialect holds generator options for each kind of load. Every text is 64 bytes with a time and a sequence
number in it, from which the generator knows the delay and whether anything was lost, doubled or reordered.
"""

from dataclasses import dataclass

from bench.tokens import access_token

TEXT = "t={t} s={s} {pad}"
TEXT_BYTES = 64

HUB_NAME = "bench"
HUB = f"/client/hubs/{HUB_NAME}"
REST = f"/api/hubs/{HUB_NAME}"
API_VERSION = "2024-12-01"
GROUP = "g"
USER = "u"
SUBPROTOCOL = "json.webpubsub.azure.v1"

# A JSON client counts as open once it was told its connection id.
JSON_CLIENT = ("-S", SUBPROTOCOL, "-J", '"connectionId"')

# What a client sends and what the group's members receive ("JSON WebSocket subprotocol reference").
# Clients ask for an acknowledgement, as the official client packages do unless told otherwise.
PUBLISHED = f'{{"type":"sendToGroup","group":"{GROUP}","dataType":"text","ackId":{{n}},"data":"{TEXT}"}}'
DELIVERED = (
    f'{{"type":"message","from":"group","fromUserId":"{USER}","group":"{GROUP}","dataType":"text","data":"{TEXT}"}}'
)
# Digits that {n} has while a run lasts: makes the text of a published frame 64 bytes or a little less.
ACK_ID_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Dialect:
    """Generator options that open receivers and send to them; None where the server has no such thing."""

    connect: tuple[str, ...]
    publish_by_rest: tuple[str, ...]
    publish_by_client: tuple[str, ...] | None
    send_to_one: tuple[str, ...]


def peer_dialect(receive_path: str, post_path: str, *, clients_publish: bool) -> Dialect:
    """Return the dialect of a server that gives everybody what it is sent, without tokens and envelopes."""
    receive = ("-P", receive_path)
    by_rest = (*receive, "-u", post_path, *_frame(TEXT))
    by_client = (*receive, *_frame(DELIVERED)) if clients_publish else None
    return Dialect(connect=receive, publish_by_rest=by_rest, publish_by_client=by_client, send_to_one=by_rest)


@dataclass(frozen=True, slots=True)
class LinariteLoads:
    """Loads as Linarite's users make them: each connection and request has a token for what it does."""

    port: int
    access_key: str

    def dialect(self) -> Dialect:
        """Return the loads that Linarite shares with its peers."""
        receive = self._client(USER, **{"webpubsub.group": GROUP})
        publish = self._client(USER, role="webpubsub.sendToGroup", **{"webpubsub.group": GROUP})
        return Dialect(
            connect=self._client(USER),
            publish_by_rest=(*receive, *self.send_to_group(GROUP)),
            publish_by_client=(
                *publish,
                *JSON_CLIENT,
                *_frame(PUBLISHED, placeholder="{n}", digits=ACK_ID_DIGITS),
            ),
            send_to_one=(*receive, *self._post(f"{REST}/users/{USER}/:send")),
        )

    def member(self, group: str | None = GROUP) -> tuple[str, ...]:
        """Return the options of a client that may join and publish, and is in this group from the start."""
        claims = {} if group is None else {"webpubsub.group": group}
        return self._client(USER, role=["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"], **claims)

    def raise_events(self) -> tuple[str, ...]:
        """Return the options of plain clients, whose every message is an event for the application server."""
        return (*self._client(USER), *_frame(TEXT))

    def join(self, group: str) -> tuple[str, ...]:
        """Return the options by which each connection joins a group; {i} in the name is its number."""
        join = f'{{"type":"joinGroup","group":"{group}","ackId":{{n}}}}'
        client = self._client(USER, role="webpubsub.joinLeaveGroup")
        return (*client, "-S", SUBPROTOCOL, "-j", join, "-J", '"success":true')

    def send_to_group(self, group: str) -> tuple[str, ...]:
        """Return the options of a REST send of a text to one group."""
        return self._post(f"{REST}/groups/{group}/:send")

    def _client(self, user: str, **claims: object) -> tuple[str, ...]:
        return ("-P", f"{HUB}?access_token={self._token(HUB, sub=user, **claims)}")

    def _post(self, path: str) -> tuple[str, ...]:
        headers = (f"Authorization: Bearer {self._token(path)}", "Content-Type: text/plain")
        return ("-u", f"{path}?api-version={API_VERSION}", "-T", headers[0], "-T", headers[1], *_frame(TEXT))

    def _token(self, path: str, **claims: object) -> str:
        return access_token(f"http://127.0.0.1:{self.port}{path}", self.access_key, **claims)


def _frame(envelope: str, placeholder: str = "", digits: int = 0) -> tuple[str, ...]:
    """Return the options of a frame whose text fills up to 64 bytes inside the envelope."""
    around = len(envelope) - len(TEXT) - len(placeholder) + digits
    return ("-m", envelope, "-z", str(around + TEXT_BYTES))
