"""The HTTP client, against a server that behaves well and badly."""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.events.hostile_upstream import MEGABYTE, hostile_upstream, reply
from tests.events.scripted import settled, until

from linarite.events.addresses import AddressDenied, Addresses, parse_networks
from linarite.events.http_client import HttpClient, tls_context
from linarite.events.http_connection import ConnectionFailed, ReplyBroken, TimedOut
from linarite.events.limits import UpstreamLimits
from linarite.events.targets import parse_target
from linarite.sockets.development_authority import make_authority, make_server_certificate


@contextlib.asynccontextmanager
async def http_client(resolve=None, denied=(), **limits):
    loop = asyncio.get_running_loop()
    bounds = UpstreamLimits(**limits)
    more = {} if resolve is None else {"resolve": resolve}
    addresses = Addresses(parse_networks(denied), loop.time, **more)
    client = HttpClient(bounds, addresses, lambda: tls_context(bounds), loop)
    try:
        yield client
    finally:
        await client.close()


def post(client, url, body=b"hi", seconds=10.0, headers=(("Content-Type", "text/plain"),)):
    deadline = asyncio.get_running_loop().time() + seconds
    return client.send("POST", parse_target(url), headers, body, deadline)


async def test_a_request_arrives_as_it_was_given(upstream):
    async with http_client() as client:
        answer = await post(
            client, f"{upstream.url}/echo/a%2Fb?code=x", headers=[("ce-userId", "用户"), ("X-Empty", "")]
        )
    (request,) = upstream.requests
    assert (request.method, request.path, request.body) == ("POST", "/echo/a%2Fb?code=x", b"hi")
    assert request.headers == [
        ("Host", upstream.url.removeprefix("http://")),
        ("ce-userId", "用户"),
        ("X-Empty", ""),
        ("Content-Length", "2"),
    ]
    assert (answer.status, answer.body) == (200, b"hi")


async def test_a_connection_is_used_again(upstream):
    async with http_client() as client:
        for _ in range(5):
            await post(client, f"{upstream.url}/echo/x")
    assert upstream.connections == 1


async def test_requests_at_the_same_time_have_connections_of_their_own(upstream):
    async with http_client() as client:
        calls = [asyncio.create_task(post(client, f"{upstream.url}/gate/x")) for _ in range(3)]
        await upstream.until(lambda: len(upstream.requests) == 3)
        upstream.gate.set()
        await asyncio.gather(*calls)
    assert upstream.connections == 3


async def test_connections_to_one_endpoint_are_bounded_and_the_rest_wait_in_line(upstream):
    async with http_client(connections_limit=2) as client:
        calls = [asyncio.create_task(post(client, f"{upstream.url}/gate/{number}")) for number in range(6)]
        await upstream.until(lambda: len(upstream.requests) == 2)
        upstream.gate.set()
        await asyncio.gather(*calls)
    assert upstream.connections == 2
    assert len(upstream.requests) == 6


async def test_connections_are_not_all_opened_at_once(upstream):
    """A thousand first events overran the queue of a handler's listener, and some never arrived."""
    looked_up, gate = 0, asyncio.Event()

    async def resolve(host, port):
        nonlocal looked_up
        looked_up += 1
        await gate.wait()
        return ("127.0.0.1",)

    async with http_client(resolve) as client:
        calls = [asyncio.create_task(post(client, f"{upstream.url}/gate/x")) for _ in range(250)]
        await settled()
        assert looked_up == 64
        calls.pop().cancel()
        calls.pop(0).cancel()
        gate.set()
        await upstream.until(lambda: len(upstream.requests) == 248)
        upstream.gate.set()
        await asyncio.gather(*calls)
    assert upstream.connections == 248


async def test_who_waits_for_its_turn_to_open_may_get_a_connection_that_became_free(upstream):
    async with http_client() as client:
        calls = [asyncio.create_task(post(client, f"{upstream.url}/echo/x")) for _ in range(1000)]
        await asyncio.gather(*calls)
    assert upstream.connections < 500
    assert len(upstream.requests) == 1000


async def test_opening_that_fails_lets_the_next_one_try(upstream):
    url = upstream.url.rpartition(":")[0] + ":1"
    async with http_client() as client:
        calls = [post(client, f"{url}/echo/x") for _ in range(250)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in failures] == [ConnectionFailed] * 250


async def test_who_waits_in_line_too_long_gives_up_and_takes_no_place(upstream):
    async with http_client(connections_limit=1) as client:
        first = asyncio.create_task(post(client, f"{upstream.url}/gate/1"))
        await upstream.until(lambda: len(upstream.requests) == 1)
        with pytest.raises(TimedOut):
            await post(client, f"{upstream.url}/echo/2", seconds=0.05)
        third = asyncio.create_task(post(client, f"{upstream.url}/echo/3"))
        upstream.gate.set()
        await asyncio.gather(first, third)


async def test_who_is_cancelled_in_line_takes_no_place(upstream):
    async with http_client(connections_limit=1) as client:
        first = asyncio.create_task(post(client, f"{upstream.url}/gate/1"))
        await upstream.until(lambda: len(upstream.requests) == 1)
        second = asyncio.create_task(post(client, f"{upstream.url}/echo/2"))
        third = asyncio.create_task(post(client, f"{upstream.url}/echo/3"))
        await asyncio.sleep(0)
        second.cancel()
        upstream.gate.set()
        await asyncio.gather(first, third)
    assert [one.path for one in upstream.requests] == ["/gate/1", "/echo/3"]


@pytest.mark.parametrize("behaviour", ["silent", "slow"])
async def test_an_endpoint_that_takes_too_long_is_left(upstream, behaviour):
    async with http_client() as client:
        with pytest.raises(TimedOut):
            await post(client, f"{upstream.url}/{behaviour}/x", seconds=0.1)
        await upstream.until(lambda: upstream.open == 0)


@pytest.mark.parametrize("behaviour", ["silent", "slow"])
async def test_a_cancelled_request_ends_its_connection_at_once(upstream, behaviour):
    async with http_client() as client:
        call = asyncio.create_task(post(client, f"{upstream.url}/{behaviour}/x", seconds=1000))
        await upstream.until(lambda: len(upstream.requests) == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await upstream.until(lambda: upstream.open == 0)


@pytest.mark.parametrize("behaviour", ["early", "half-head", "noise", "bad-header"])
async def test_without_a_reply_the_connection_has_failed(upstream, behaviour):
    async with http_client() as client:
        with pytest.raises(ConnectionFailed):
            await post(client, f"{upstream.url}/{behaviour}/x")


async def test_a_reply_that_ends_half_way_is_broken_and_its_status_known(upstream):
    async with http_client() as client:
        with pytest.raises(ReplyBroken) as caught:
            await post(client, f"{upstream.url}/half/x")
    assert caught.value.status == 200
    assert not caught.value.is_too_large


async def test_ten_megabytes_are_read_and_seventeen_are_not(upstream):
    async with http_client() as client:
        answer = await post(client, f"{upstream.url}/ten/x")
        assert len(answer.body) == 10 * MEGABYTE
        with pytest.raises(ReplyBroken) as caught:
            await post(client, f"{upstream.url}/seventeen/x")
        assert caught.value.is_too_large
        await upstream.until(lambda: upstream.open == 1)


async def test_redirects_are_answers_like_others(upstream):
    async with http_client() as client:
        answer = await post(client, f"{upstream.url}/301/x")
    assert answer.status == 301
    assert len(upstream.requests) == 1


async def test_a_kept_connection_that_the_server_has_closed_is_nobodys_failure(upstream):
    """The server closes after its second request on a connection, without answering it."""
    async with http_client() as client:
        await post(client, f"{upstream.url}/echo/1")
        with pytest.raises(ConnectionFailed):
            await post(client, f"{upstream.url}/early/2")
    assert [one.connection for one in upstream.requests] == [1, 1, 2]


async def test_of_many_kept_connections_only_one_is_tried_before_a_new_one(upstream):
    """Else a server that closes on a certain request would get it once for every connection there is."""
    async with http_client() as client:
        calls = [asyncio.create_task(post(client, f"{upstream.url}/gate/x")) for _ in range(10)]
        await upstream.until(lambda: len(upstream.requests) == 10)
        upstream.gate.set()
        await asyncio.gather(*calls)
        with pytest.raises(ConnectionFailed):
            await post(client, f"{upstream.url}/early/x")
    assert len(upstream.requests) == 12


async def test_a_reply_that_closes_the_connection_is_the_last_on_it(upstream):
    upstream.answers["/close"] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with http_client() as client:
        await post(client, f"{upstream.url}/close")
        await post(client, f"{upstream.url}/close")
    assert upstream.connections == 2


async def test_bytes_after_a_reply_never_reach_the_next_request(upstream):
    """A second reply on the connection would be taken for the answer to whatever is asked next."""
    upstream.answers["/two"] = reply(200, b"one") + reply(200, b"smuggled")
    async with http_client() as client:
        assert (await post(client, f"{upstream.url}/two")).body == b"one"
        assert (await post(client, f"{upstream.url}/echo/x", b"mine")).body == b"mine"
    assert upstream.connections == 2


async def test_old_and_idle_connections_are_not_used_again(upstream):
    async with http_client(connection_age_seconds=0.0) as client:
        await post(client, f"{upstream.url}/echo/x")
        await post(client, f"{upstream.url}/echo/x")
    assert upstream.connections == 2
    async with http_client(idle_seconds=0.0) as client:
        await post(client, f"{upstream.url}/echo/x")
        await upstream.until(lambda: upstream.open == 0)


async def test_connections_that_nobody_uses_are_closed_after_a_while(upstream):
    async with http_client(idle_seconds=0.02) as client:
        await post(client, f"{upstream.url}/echo/x")
        await upstream.until(lambda: upstream.open == 0)
        await until(lambda: not client._endpoints)


@pytest.mark.parametrize("path", ["/gate/1", "/last/1"])
async def test_who_is_cancelled_while_a_place_is_handed_over_passes_it_on(upstream, path):
    """The place is a kept connection, or the room for a new one after one that was closed."""
    async with http_client(connections_limit=1) as client:

        async def first() -> None:
            await post(client, upstream.url + path)
            second.cancel()  # its place has just been handed over, and it has not gone on yet

        one = asyncio.create_task(first())
        await upstream.until(lambda: len(upstream.requests) == 1)
        second = asyncio.create_task(post(client, f"{upstream.url}/echo/2"))
        third = asyncio.create_task(post(client, f"{upstream.url}/echo/3"))
        await settled()
        upstream.gate.set()
        await asyncio.gather(one, third)
        assert second.cancelled()
    assert [sent.path for sent in upstream.requests] == [path, "/echo/3"]


async def test_a_reply_without_length_ends_with_the_connection(upstream):
    upstream.answers["/endless"] = b"HTTP/1.1 200 OK\r\n\r\nall there is"
    async with http_client() as client:
        call = asyncio.create_task(post(client, f"{upstream.url}/endless"))
        await upstream.until(lambda: len(upstream.requests) == 1)
        await upstream.hang_up()
        assert (await call).body == b"all there is"


async def test_a_server_that_speaks_unasked_loses_its_connection(upstream):
    upstream.answers["/more"] = reply(200, b"x")
    async with http_client() as client:
        await post(client, f"{upstream.url}/more")
        await upstream.say(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        await upstream.until(lambda: upstream.open == 0)
        assert (await post(client, f"{upstream.url}/echo/x")).status == 200


async def test_close_ends_idle_and_busy_connections(upstream):
    async with http_client() as client:
        await post(client, f"{upstream.url}/echo/x")
        call = asyncio.create_task(post(client, f"{upstream.url}/silent/x"))
        await upstream.until(lambda: len(upstream.requests) == 2)
        await client.close()
        with pytest.raises(ConnectionFailed):
            await call
        with pytest.raises(ConnectionFailed):
            await post(client, f"{upstream.url}/echo/x")
        await upstream.until(lambda: upstream.open == 0)


async def test_nobody_listening_is_a_failed_connection():
    async with hostile_upstream() as server:
        url = server.url
    async with http_client() as client:
        with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
            await post(client, url)


async def test_a_name_that_nobody_knows_is_a_failed_connection():
    async def resolve(host, port):
        raise OSError(-2, "Name or service not known")

    async with http_client(resolve) as client:
        with pytest.raises(ConnectionFailed, match="not known"):
            await post(client, "http://nosuch.example/")


async def test_the_next_address_is_tried_when_one_refuses(upstream):
    async def resolve(host, port):
        return ("::1", "127.0.0.1")

    async with http_client(resolve) as client:
        url = upstream.url.replace("127.0.0.1", "localhost")
        assert (await post(client, f"{url}/echo/x")).status == 200


async def test_the_connection_goes_to_the_address_that_was_judged(upstream):
    """A name whose second answer is another address gains nothing: it is not asked again in between."""
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("169.254.169.254",)

    async with http_client(resolve, denied=("169.254.0.0/16",)) as client:
        url = upstream.url.replace("127.0.0.1", "rebinding.example")
        assert (await post(client, f"{url}/echo/x")).status == 200
    assert asked == ["rebinding.example"]


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost"])
async def test_a_denied_address_is_never_connected_to_however_it_is_written(upstream, host):
    async with http_client(denied=("127.0.0.0/8", "::1/128")) as client:
        with pytest.raises(AddressDenied):
            await post(client, upstream.url.replace("127.0.0.1", host))
    assert upstream.connections == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> tuple[Path, ssl.SSLContext]:
    """Give an authority's certificate file, and the TLS of a server with a certificate of its."""
    folder = tmp_path_factory.mktemp("authority")
    now = datetime.now(UTC)
    issuer = make_authority("localhost", now)
    issued = make_server_certificate(issuer.certificate_pem, issuer.key_pem, ("localhost", "127.0.0.1"), now)
    (folder / "ca.pem").write_bytes(issuer.certificate_pem)
    (folder / "server.pem").write_bytes(issued.certificate_pem + issued.key_pem)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.pem")
    return folder / "ca.pem", server


async def test_https_with_an_authority_of_its_own(authority):
    ca_file, server_tls = authority
    async with hostile_upstream(server_tls) as server, http_client(ca_file=ca_file) as client:
        assert (await post(client, f"{server.url}/echo/x")).body == b"hi"
        assert (await post(client, f"{server.url}/echo/x")).body == b"hi"
        assert server.connections == 1


async def test_https_with_an_authority_that_nobody_knows_is_refused(authority):
    async with hostile_upstream(authority[1]) as server, http_client() as client:
        with pytest.raises(ConnectionFailed, match="certificate"):
            await post(client, f"{server.url}/echo/x")
        assert server.requests == []


async def test_https_with_a_certificate_of_another_name_is_refused(authority):
    async def resolve(host, port):
        return ("127.0.0.1",)

    ca_file, server_tls = authority
    async with hostile_upstream(server_tls) as server, http_client(resolve, ca_file=ca_file) as client:
        with pytest.raises(ConnectionFailed, match="certificate"):
            await post(client, server.url.replace("127.0.0.1", "other.example"))
        assert server.requests == []


async def test_an_early_answer_to_a_long_request_is_taken_and_the_connection_left(upstream):
    """A server may refuse a body before it has read it (413); what is unsent would come first on the next use."""
    upstream.answers["/early-413"] = reply(413, b"too large")

    async def answer_at_once(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply(413, b"too large"))
        await writer.drain()
        await upstream.gate.wait()
        writer.close()

    server = await asyncio.start_server(answer_at_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with http_client() as client:
        answer = await post(client, f"http://127.0.0.1:{port}/x", b"x" * 30 * MEGABYTE)
        assert (answer.status, answer.body) == (413, b"too large")
        assert not client._connections or not next(iter(client._connections)).is_reusable
    upstream.gate.set()
    server.close()
