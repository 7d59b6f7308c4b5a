"""The proxies of docs/reverse-proxies.md, run in front of a real server with an official client."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from tests.documents.pages import examples
from websockets.sync.client import connect

from linarite.testing import DevelopmentServer

Command = Callable[[Path], list[str]]

PAGE = "docs/reverse-proxies.md"
DEADLINE_SECONDS = 20.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DevelopmentServer]:
    folder = tmp_path / "data"
    folder.mkdir()
    with DevelopmentServer(folder, ["--trusted-proxies", "127.0.0.1"]) as running:
        yield running


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
def test_an_official_client_and_a_websocket_come_through(proxy, server, tmp_path):
    if shutil.which(proxy) is None:
        pytest.skip(f"{proxy} is not installed")
    port = free_port()
    file, command = CONFIGURATIONS[proxy](tmp_path, server, port)
    with running_proxy(command(file), port):
        through = replace(server.https, url=f"https://localhost:{port}")
        with WebPubSubServiceClient.from_connection_string(
            through.connection_string, hub="chat", retry_total=0, **through.client_options
        ) as service:
            url = service.get_client_access_token(user_id="anna")["url"]
            assert url.startswith(f"wss://localhost:{port}/")
            with connect(url, ssl=through.tls, proxy=None) as client:
                service.send_to_user("anna", "x" * 1_000_000, content_type="text/plain")
                assert client.recv(DEADLINE_SECONDS) == "x" * 1_000_000


def nginx(folder: Path, server: DevelopmentServer, port: int) -> tuple[Path, Command]:
    """Save the page's file within the few lines of nginx' own, and give how it is run."""
    text = replaced(
        page_example("nginx"),
        {
            "127.0.0.1:8080": server.http.url.partition("//")[2],
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "server_name pubsub.example.com": "server_name localhost",
            "/etc/ssl/pubsub.example.com.pem": certificate(server),
            "/etc/ssl/pubsub.example.com.key": certificate(server),
        },
    )
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # A worker of another user could not write in the folder of the test.
    user = "user root;\n" if os.geteuid() == 0 else ""
    whole = f"{user}pid {folder}/nginx.pid;\nerror_log stderr;\ndaemon off;\nevents {{}}\n"
    whole += f"http {{\naccess_log off;\n{places}{text}\n}}\n"
    file = folder / "nginx.conf"
    file.write_text(whole)
    return file, lambda path: ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(path)]


def haproxy(folder: Path, server: DevelopmentServer, port: int) -> tuple[Path, Command]:
    text = replaced(
        page_example("haproxy"),
        {
            "127.0.0.1:8080": server.http.url.partition("//")[2].replace("localhost", "127.0.0.1"),
            "bind :443": f"bind 127.0.0.1:{port}",
            "/etc/ssl/pubsub.example.com.combined.pem": certificate(server),
            "maxconn 40000": "maxconn 100",
        },
    )
    file = folder / "haproxy.cfg"
    file.write_text(text)
    return file, lambda path: ["haproxy", "-db", "-f", str(path)]


CONFIGURATIONS = {"nginx": nginx, "haproxy": haproxy}


def page_example(language: str) -> str:
    (found,) = [example.code for example in examples(PAGE) if example.language == language]
    return found


def replaced(text: str, words: dict[str, str]) -> str:
    for written, meant in words.items():
        assert written in text, f"{PAGE} does not say {written}"
        text = text.replace(written, meant)
    return text


def certificate(server: DevelopmentServer) -> str:
    """The server's own certificate with its key: the development authority has signed it for localhost."""
    return str(server.data_folder / "certificates" / "server.pem")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def running_proxy(command: list[str], port: int) -> Iterator[None]:
    """Run a proxy until it listens, and end it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not listens(port):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the proxy does not listen"
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE_SECONDS)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
