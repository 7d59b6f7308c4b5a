"""What the container module and the container files rely on, against the process itself: no container engine is needed.

Not run here: the building of the image, and whatever an engine does (users, file systems, port forwarding).
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from tests.documents.pages import examples
from websockets.sync.client import connect

from linarite.cli.entry import COMMANDS
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY
from linarite.resources.sqlite import DATABASE_NAME, SqliteStore
from linarite.server.opening import open_registry
from linarite.settings import Settings, SettingsError, definitions, load
from linarite.testing import container as module
from linarite.testing.container import LinariteContainer

FOLDER = Path(__file__).parents[2] / "deploy" / "container"
DEADLINE_SECONDS = 30
VARIABLES = {definition.variable for definition in definitions()}


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, each on one line."""
    text = (FOLDER / "Containerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def last(instruction: str) -> str:
    return [rest for word, rest in instructions() if word == instruction][-1]


def image_variables() -> dict[str, str]:
    """The variables of the final image."""
    return dict(word.split("=", 1) for word in shlex.split(last("ENV")))


class Process:
    """What an engine does with the image, as far as a process shows it; loopback and free ports aside."""

    def __init__(self, folder: Path) -> None:
        self.variables = {name: value for name, value in os.environ.items() if not name.startswith("LINARITE_")}
        self.variables |= image_variables() | {"PATH": os.environ["PATH"]}
        self.variables |= {
            "LINARITE_HOST": "127.0.0.1",
            "LINARITE_PORT": "0",
            "LINARITE_TLS_PORT": "none",
            "LINARITE_DATA_FOLDER": str(folder / "data"),
        }
        self._log = folder / "log"
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self._command: list[str] = []
        self._wanted = SimpleNamespace(pattern=re.compile("$^"))

    # What testcontainers' DockerContainer offers of it

    def with_command(self, words):
        self._command = words

    def with_exposed_ports(self, *ports):
        assert [str(port) for port in ports] == last("EXPOSE").split()[:1]

    def with_env(self, name, value):
        self.variables[name] = value

    def waiting_for(self, strategy):
        self._wanted = strategy

    def start(self):
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *json.loads(last("ENTRYPOINT")), *self._command],
                env=self.variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
            )
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._wanted.pattern.search(self.log()):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def exec(self, command):
        assert command[0] == "linarite"
        done = subprocess.run(
            [sys.executable, "-m", *command], env=self.variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return done.returncode, done.stdout

    def get_container_host_ip(self):
        return "localhost"

    def get_exposed_port(self, port):
        assert port == module.HTTP_PORT
        facts = json.loads((self.folder / "data" / "server.json").read_text())
        return int(facts["http"].rpartition(":")[2])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


@pytest.fixture
def process(tmp_path):
    running = Process(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def testcontainers(monkeypatch, process):
    """Let processes stand in for containers."""

    class LogMessageWaitStrategy:
        def __init__(self, pattern):
            self.pattern = pattern

        def with_startup_timeout(self, _seconds):
            return self

    def docker_container(image, **_options):
        assert image == "linarite"
        return process

    modules = {
        "testcontainers": {},
        "testcontainers.core": {},
        "testcontainers.core.container": {"DockerContainer": docker_container},
        "testcontainers.core.wait_strategies": {"LogMessageWaitStrategy": LogMessageWaitStrategy},
    }
    for name, members in modules.items():
        stand_in = ModuleType(name)
        vars(stand_in).update(members)
        monkeypatch.setitem(sys.modules, name, stand_in)


def test_the_module_starts_a_server_and_finds_its_key_and_credential(testcontainers):
    with LinariteContainer() as container:
        hub = container.hub()
        with connect(hub.client_access_url("anna", groups=["room"]), proxy=None):
            assert hub.wait_for_connections(1, user="anna") == 1
        assert container.environment()["WebPubSubConnectionString"] == container.http.connection_string
        with hub.fault("rest", status=503) as fault:
            assert fault.records() == []


def test_the_example_of_the_page_runs(testcontainers, capsys):
    (example,) = (
        found
        for found in examples("docs/testing.md")
        if found.language == "python" and found.code.startswith("from linarite.testing.container")
    )
    names = {}
    exec(compile(example.code, "testing.md", "exec"), names)

    names["test_a_hub_in_a_container"]()

    assert capsys.readouterr().out.startswith("Endpoint=http://localhost:")


def test_the_module_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "testcontainers.core.container", None)

    with pytest.raises(ImportError, match=r'pip install "linarite\[testcontainers\]"'):
        LinariteContainer()


def test_the_image_answers_its_health_check_writes_to_its_data_folder_alone_and_stops_when_asked(process):
    process.with_command(json.loads(last("CMD")))
    process.waiting_for(SimpleNamespace(pattern=re.compile(r"\(serve\) is ready")))
    process.start()

    check = re.search(r"CMD (\[.*\])", last("HEALTHCHECK"))[1]
    port = str(process.get_exposed_port(8080))
    command = [word.replace("8080", port) for word in json.loads(check)]
    assert command[0] == "python"
    assert subprocess.run([sys.executable, *command[1:]]).returncode == 0
    assert subprocess.run([sys.executable, *command[1:-1], command[-1].replace("healthz", "no")]).returncode != 0
    assert written_files(process.process.pid) <= {process.folder / "data", process.folder}
    process.process.send_signal(getattr(signal, last("STOPSIGNAL")))
    assert process.process.wait(DEADLINE_SECONDS) == 0


def written_files(pid: int) -> set[Path]:
    """The folders of the files that a process has open for writing; its log is in one of them."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        flags = int(re.search(r"flags:\s+(\d+)", Path(f"/proc/{pid}/fdinfo/{link.name}").read_text())[1], 8)
        target = Path(os.readlink(link))
        if flags & (os.O_WRONLY | os.O_RDWR) and target.is_file():
            found.add(target.parent)
    return found


def test_production_refuses_the_endpoints_for_tests(process):
    process.with_command(json.loads(last("CMD")))
    process.waiting_for(SimpleNamespace(pattern=re.compile(r"\(serve\) is ready")))
    process.start()

    with pytest.raises(HTTPError) as refused:
        urlopen(f"http://localhost:{process.get_exposed_port(8080)}/linarite/development/state")

    assert refused.value.code == 403
    refused.value.close()


def test_the_image_is_not_run_as_root_and_exposes_the_servers_ports():
    variables = image_variables()

    assert int(last("USER")) > 0
    assert {name for name in variables if name.startswith("LINARITE_")} <= VARIABLES
    assert last("EXPOSE").split() == [variables["LINARITE_PORT"], str(Settings().tls_port)]
    assert last("VOLUME") == variables["LINARITE_DATA_FOLDER"]
    assert json.loads(last("CMD"))[0] in COMMANDS
    assert int(variables["LINARITE_PORT"]) == module.HTTP_PORT
    copied = [words.split()[0] for word, words in instructions() if word == "COPY" and not words.startswith("--")]
    assert copied == ["requirements/run.lock", "dist/linarite-*.whl"]


def test_the_compose_file_agrees_with_the_image_and_hardens_it():
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]

    assert set(services) == {"linarite", "tests"}
    for service in services.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["stop_grace_period"].removesuffix("s")) > Settings().shutdown_seconds
        assert service["image"] == module.IMAGE
        assert service["command"][0] in COMMANDS
        assert {port.split(":")[-1] for port in service["ports"]} <= set(last("EXPOSE").split())
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        folder = last("VOLUME")
        assert folder in str(service.get("volumes", service.get("tmpfs")))
        assert (FOLDER / service["build"]["context"]).resolve() == FOLDER.parents[1]
    assert services["tests"]["environment"] == dict(module.VARIABLES)
    assert set(module.VARIABLES) <= VARIABLES


# Development on a network


def test_development_on_other_addresses_has_to_be_wished(tmp_path):
    with pytest.raises(SettingsError, match="development_network"):
        load({"mode": "dev", "host": "0.0.0.0"}, {}, None)

    loaded = load({"mode": "dev", "host": "0.0.0.0", "development_network": "any"}, {}, None)

    assert loaded.settings.host == "0.0.0.0"


def test_development_on_other_addresses_has_random_keys_and_refuses_the_well_known_one(tmp_path):
    def keys(**settings):
        store = SqliteStore(tmp_path / DATABASE_NAME)
        try:
            return open_registry(store, Settings(mode="dev", data_folder=tmp_path, **settings), {}).default.keys
        finally:
            store.close()

    assert keys(host="0.0.0.0", development_network="any").primary != DEVELOPMENT_ACCESS_KEY
    (tmp_path / DATABASE_NAME).unlink()
    assert keys().primary == DEVELOPMENT_ACCESS_KEY
    with pytest.raises(SettingsError, match="development key"):
        keys(host="0.0.0.0", development_network="any")
