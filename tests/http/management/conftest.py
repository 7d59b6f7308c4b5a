"""A real server with the management API alone, over a real store, and a client that bears its credential."""

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from linarite.access.administrator import ADMINISTRATOR_TOKEN_FILE, Administrator
from linarite.access.audit import AuditLog
from linarite.access.authority import Authority
from linarite.access.management import ManagementAccess
from linarite.http.management import management_routes
from linarite.http.management.diagnostic_settings import diagnostic_rows
from linarite.monitoring.setting_book import SettingBook
from linarite.resources.model import EventHandler
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore
from linarite.settings import Settings

CREDENTIAL = "administrator-credential-of-this-test"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
API_VERSION = "2024-03-01"


async def check_handler(handler: EventHandler, hub: str, origin: str) -> str | None:
    """What a server's way upstream would say: handlers whose URL has `refused` in it want no events of `origin`."""
    if "silent" in handler.url_template:
        await asyncio.Event().wait()
    if "faulty" in handler.url_template:
        raise OSError("no such file: upstream_ca_file")
    return f"{hub} refused {origin}\r\n\u00fc." if "refused" in handler.url_template else None


def management_access(data_folder: Path) -> tuple[ManagementAccess, AuditLog]:
    """What lets in those who bear the credential of these tests, or a token of the authority of that folder."""
    (data_folder / ADMINISTRATOR_TOKEN_FILE).write_text(CREDENTIAL)
    administrator = Administrator(data_folder)
    authority = Authority(data_folder, administrator, time.time, 3600)
    return ManagementAccess(administrator, authority, time.time), AuditLog(data_folder, 1_000_000)


async def _serve(listener: socket.socket, data_folder: Path, settings: Settings, stop: threading.Event) -> None:
    """Serve until `stop`; the registry lives on this thread, as in the real server on that of its event loop."""
    with closing(SqliteStore(data_folder / "linarite.db")) as store:
        registry = Registry(store, "linarite", certificates_folder=settings.custom_certificates_folder)
        registry.ensure_default()
        access, audit = management_access(data_folder)
        more = diagnostic_rows(SettingBook(store, registry, has_collector=settings.otlp_endpoint is not None))
        app = Starlette(routes=management_routes(registry, settings, access, audit, check_handler, more))
        config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, proxy_headers=False)
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        await asyncio.to_thread(stop.wait)
        server.should_exit = True
        await serving


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts servers with the settings that are given; each gives its URL and runs until the tests end."""
    stop, threads = threading.Event(), []

    def start(**settings: object) -> str:
        # asyncio turns off Nagle's delays for sockets that name their protocol.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        data_folder = tmp_path_factory.mktemp("data")
        given = Settings(data_folder=data_folder, **settings)
        coroutine = _serve(listener, data_folder, given, stop)
        threads.append(threading.Thread(target=asyncio.run, args=(coroutine,)))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    stop.set()
    for thread in threads:
        thread.join()


@pytest.fixture(scope="session")
def server_url(start_server: Callable[..., str]) -> str:
    """The URL of the server that most tests share; each test works in a group of its own."""
    return start_server()


@pytest.fixture
def arm(server_url: str) -> Iterator[httpx.Client]:
    """A client whose paths start at the subscription and whose api-version is the newest stable one."""
    with httpx.Client(
        base_url=server_url + SUBSCRIPTION,
        params={"api-version": API_VERSION},
        headers={"Authorization": f"Bearer {CREDENTIAL}"},
        verify=False,  # plain http: making a TLS context would take longer than most tests
    ) as client:
        yield client


@pytest.fixture
def group(arm: httpx.Client) -> str:
    """The path of a new group at eastus."""
    path = f"/resourceGroups/rg-{uuid.uuid4().hex[:8]}"
    assert arm.put(path, json={"location": "eastus"}).status_code == 201
    return path


@pytest.fixture
def name() -> str:
    """A resource name that no other test has."""
    return f"Demo-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def resource(arm: httpx.Client, group: str, name: str) -> str:
    """The path of a new Standard_S1 resource in the new group."""
    path = f"{group}/providers/Microsoft.SignalRService/webPubSub/{name}"
    body = {"location": "eastus", "sku": {"name": "Standard_S1", "capacity": 1}, "tags": {"key": "value"}}
    assert arm.put(path, json=body).status_code == 201
    return path
