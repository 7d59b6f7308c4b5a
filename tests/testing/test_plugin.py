"""The pytest plugin, in runs of pytest of its own, as its users have it; with the official SDKs."""

import os
import subprocess
import sys

import pytest

RUN_SECONDS = 100
_CONFTEST = """\
import sys
sys.dont_write_bytecode = True
"""


@pytest.fixture
def run(tmp_path):
    """Give a function that runs pytest over one file of tests; all have to pass."""

    def run_pytest(text: str, *arguments: str, ini: str = "") -> str:
        (tmp_path / "conftest.py").write_text(_CONFTEST)
        (tmp_path / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{ini}")
        (tmp_path / "test_it.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "-q", *arguments]
        unwanted = ("LINARITE_", "PYTEST_", "WEBPUBSUB_", "AZURE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_pytest


def test_tests_have_hubs_of_their_own_over_http_and_https(run):
    run("""
import pytest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from websockets.sync.client import connect

NAMES = []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_message_arrives(linarite_hub, scheme):
    endpoint = getattr(linarite_hub, scheme)
    service = WebPubSubServiceClient.from_connection_string(
        endpoint.connection_string, hub=linarite_hub.name, **endpoint.client_options
    )
    url = linarite_hub.client_access_url("anna", groups=["room"], endpoint=endpoint)
    with connect(url, ssl=endpoint.tls, proxy=None) as client:
        assert linarite_hub.wait_for_connections(1, user="anna") == 1
        mark = linarite_hub.mark()
        service.send_to_group("room", "Hello", content_type="text/plain")
        assert client.recv() == "Hello"
        (message,) = linarite_hub.wait_for_messages(group="room", since=mark)
        assert message["size"] == 5
    service.close()
    NAMES.append(linarite_hub.name)


def test_nothing_is_shared(linarite_server, linarite_hub):
    assert len({*NAMES, linarite_hub.name}) == 3
    assert linarite_server.controls.state()["connections"] == 0
""")


def test_faults_are_seen_by_the_official_sdk_as_the_services(run):
    run("""
import pytest
from azure.core.exceptions import HttpResponseError
from azure.messaging.webpubsubservice import WebPubSubServiceClient


def test_the_sdk_tries_again(linarite_hub):
    with WebPubSubServiceClient.from_connection_string(
        linarite_hub.connection_string, hub=linarite_hub.name
    ) as service:
        with linarite_hub.fault("rest", status=429, retry_after_seconds=0, times=2) as fault:
            service.send_to_all("Hello", content_type="text/plain")
        assert len(fault.records()) == 2


def test_the_sdk_gives_up(linarite_hub):
    with WebPubSubServiceClient.from_connection_string(
        linarite_hub.connection_string, hub=linarite_hub.name, retry_total=0
    ) as service:
        with linarite_hub.fault("rest", status=503), pytest.raises(HttpResponseError) as failed:
            service.send_to_all("Hello", content_type="text/plain")
        assert failed.value.status_code == 503
        service.send_to_all("Hello", content_type="text/plain")
""")


def test_what_does_not_come_fails_the_test_and_says_what_there_was(run):
    run("""
import pytest
from linarite.testing import WaitFailed


def test_it(linarite_hub):
    with pytest.raises(WaitFailed, match="waited for connections.*count..0"):
        linarite_hub.wait_for_connections(1, seconds=0.05)


def test_a_wrong_fault_is_an_error(linarite_hub):
    with pytest.raises(RuntimeError, match="slow: expected one of bytesPerSecond"), linarite_hub.fault("slow"):
        pass
""")


def test_events_are_handled_and_waited_for(run):
    run("""
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import pytest
from websockets.sync.client import connect


class Handler(BaseHTTPRequestHandler):
    def do_OPTIONS(self):
        self.send_response(200)
        self.send_header("WebHook-Allowed-Origin", "*")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def handler():
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{{event}}"
        server.shutdown()
        thread.join()


def test_it(linarite_hub, handler):
    linarite_hub.handle_events(handler, systemEvents=["connected"])
    mark = linarite_hub.mark()
    with connect(linarite_hub.client_access_url("anna"), proxy=None):
        (event,) = linarite_hub.wait_for_events("connected", since=mark)
    assert event["status"] == 204
""")


def test_the_environment_is_that_of_sdks_and_of_linarite_itself(run):
    run("""
import os, subprocess, sys
from azure.identity import EnvironmentCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient


def test_it(linarite_environment, linarite_server):
    assert os.environ["WebPubSubConnectionString"] == linarite_server.http.connection_string
    words = "webpubsub key show --name linarite --resource-group linarite --query primaryKey --output tsv"
    shown = subprocess.run([sys.executable, "-m", "linarite", *words.split()], capture_output=True, text=True)
    assert shown.stdout.strip() in linarite_server.http.connection_string


def test_a_credential_without_keys(linarite_environment, linarite_server):
    with EnvironmentCredential(disable_instance_discovery=True) as credential:
        with WebPubSubServiceClient(linarite_server.https.url, "chat", credential) as service:
            assert not service.user_exists("anna")


def test_afterwards_nothing_is_left():
    assert "WebPubSubConnectionString" not in os.environ
""")


def test_a_test_may_have_a_server_of_its_own_with_arguments(run):
    run(
        """
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
import pytest
from linarite.testing import ServerFailed, TestingHub


def test_it(linarite_own_server, linarite_server):
    server = linarite_own_server("--unit-connections", "1", "--free-connections", "1")
    assert server.http.url != linarite_server.http.url
    hub = TestingHub(server.http, server.https, server.controls)
    with connect(hub.client_access_url(), proxy=None), pytest.raises(InvalidStatus):
        connect(hub.client_access_url(), proxy=None)


def test_a_server_that_cannot_start_says_why(linarite_own_server):
    with pytest.raises(ServerFailed, match="--no-such-argument"):
        linarite_own_server("--no-such-argument")
""",
        ini="linarite_arguments = --log-level warning\n",
    )


def test_nothing_of_linarite_is_imported_before_a_fixture_is_used(run):
    run("""
import sys


def test_it():
    assert {name for name in sys.modules if name.startswith("linarite")} == {
        "linarite", "linarite.testing", "linarite.testing.plugin"
    }
""")
