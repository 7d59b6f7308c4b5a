"""Every example in the documents is run, page by page, as a reader would: in order, in one folder, in one shell.

Commands run in bash, against a server on free ports; a script with a name before it is saved, and a command of the
page has to run it; settings in TOML are checked; a block of text is what the commands before it print.
What cannot be run so has a row in `OTHERWISE` that tells how it is run and why. Anything else fails.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from tests.documents.pages import ROOT, Example, examples, find_examples, pages
from tests.documents.reader import Reader
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from linarite.cli.entry import main
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

ANY_PAGE = "*"
SCRIPTS = ROOT / "tests" / "tutorial" / "scripts"

Way = Callable[[Reader, Example], None]


# How examples are run: by their language


def run_commands(reader: Reader, example: Example) -> None:
    if "curl " in example.code and shutil.which("curl") is None:
        reader.missed.append(f"curl is not installed: {example}")
    else:
        reader.run(example.code)


def run_prompted_commands(reader: Reader, example: Example) -> None:
    """Run a transcript: each command behind `$ `, its continued lines below it, and no output."""
    commands, continued = [], False
    for line in example.code.splitlines():
        assert continued or line.startswith("$ "), f"output belongs in a block of text: {line}"
        commands.append(line if continued else line.removeprefix("$ "))
        continued = line.endswith("\\")
    reader.run("\n".join(commands))


def save_or_run_script(reader: Reader, example: Example) -> None:
    """Save a script that has a name, for a command of the page to run; run one that has none."""
    extension, command = {"javascript": ("js", "node"), "python": ("py", "python")}[example.language]
    file = example.file or f"line-{example.line}.{extension}"
    reader.save(file, example.code)
    if example.file is None:
        reader.run(f"{command} {file}")


def check_settings(reader: Reader, example: Example) -> None:
    file = reader.save(example.file or "linarite.toml", example.code)
    mode = "serve" if example.page == "docs/reverse-proxies.md" else "dev"
    reader.run(f"linarite config check --mode {mode} --config '{file}'").expect("the settings are valid")


def compare_output(reader: Reader, example: Example) -> None:
    assert reader.last is not None, f"no command stands before this output\n{example}"
    reader.last.expect(reader.here(example.code))


BY_LANGUAGE: Mapping[str, Way] = {
    "bash": run_commands,
    "sh": run_commands,
    "console": run_prompted_commands,
    "javascript": save_or_run_script,
    "python": save_or_run_script,
    "toml": check_settings,
    "text": compare_output,
}


# How examples are run: in another way, each with its reason


def find_make_targets(_reader: Reader, example: Example) -> None:
    """Every line names targets of the Makefile, or runs the bench with arguments that it takes."""
    for line in example.code.splitlines():
        words = line.partition("#")[0].split()
        if words[0] == "make":
            assert set(words[1:2]) <= make_targets(), line
        else:
            assert words[:3] == [".venv/bin/python", "-m", "bench.run"], line
            checked = subprocess.run(
                [shutil.which("python") or "python", *words[1:], "--help"], cwd=ROOT, capture_output=True, text=True
            )
            assert checked.returncode == 0, checked.stderr


def start_client(reader: Reader, example: Example) -> None:
    """Start a client with the URL that the page's commands printed; it stays connected."""
    (url,) = re.findall(r"^Client access URL: (\S+)$", reader.heard, re.MULTILINE)
    assert "<the URL that server.js printed>" in example.code
    reader.start(example.code.replace("<the URL that server.js printed>", url))


def save(reader: Reader, example: Example) -> None:
    assert example.file is not None, f"nothing can use an example that has no name\n{example}"
    reader.save(example.file, example.code)


def start(reader: Reader, example: Example) -> None:
    reader.start(example.code)


def listen(reader: Reader, example: Example) -> None:
    """Start a client that stays, and wait until it hears what is sent."""
    reader.start(example.code).expect("listening at …")


def printed_by(command: str) -> Way:
    """Wait until a command that stays, in a terminal of its own, has printed this."""

    def wait(reader: Reader, example: Example) -> None:
        reader.running(command).expect(reader.here(example.code))

    return wait


def serve(reader: Reader, example: Example) -> None:
    """Start a production server on loopback and free ports, with its own data folder, and stop it."""
    certificate_and_key = Path(reader.here("~/.linarite")) / "certificates" / "server.pem"
    for file in ("cert.pem", "key.pem"):
        reader.save(file, certificate_and_key.read_text())
    data = reader.folder / "production"
    command = example.code
    for written, meant in {
        "0.0.0.0": "127.0.0.1",
        "--port 8080": "--port 0",
        "--tls-port 8443": "--tls-port 0",
        "/var/lib/linarite": str(data),
    }.items():
        assert written in command
        command = command.replace(written, meant)
    server = reader.start(command)
    server.expect("Data folder  …")
    assert json.loads((data / "server.json").read_text())["https"]
    assert server.end() == 0


def with_a_client(reader: Reader, example: Example) -> None:
    """Run a transcript while a client of user anna is in hub chat; the shell knows its id."""
    show = "linarite webpubsub key show -n my-pubsub-demo -g rg-pubsub-demo --query primaryConnectionString -o tsv"
    string = reader.run(show).output.strip()
    service = WebPubSubServiceClient.from_connection_string(string, hub="chat")
    url = service.get_client_access_token(user_id="anna")["url"]
    with connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")]) as client:
        reader.run(f"export CONNECTION_ID={json.loads(client.recv(10))['connectionId']}")
        run_prompted_commands(reader, example)


def leave_to(test: str) -> Way:
    """Leave the examples of a page in one language to a test, which has to name both."""

    def check_test(_reader: Reader, example: Example) -> None:
        text = (ROOT / test).read_text("utf-8")
        assert Path(example.page).name in text, f"{test} does not read {example.page}"
        assert f'"{example.language}"' in text, f"{test} does not run examples in {example.language}"

    return check_test


def known_connection_string(_reader: Reader, example: Example) -> None:
    assert DEVELOPMENT_ACCESS_KEY in example.code


def show_only(_reader: Reader, example: Example) -> None:
    """Run nothing; the section of the page has to say so before the example."""
    text = (ROOT / example.page).read_text("utf-8").splitlines()[: example.line]
    section = "\n".join(text).rpartition("\n## ")[2]
    assert "**No test runs this.**" in section, f"the page does not say that this is not run\n{example}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Examples that are run in another way than their language's: those of a page that begin so, or in a language."""

    page: str
    begins: str = ""
    language: str | None = None
    way: Way
    reason: str

    def names(self, example: Example) -> bool:
        return (
            self.page in (ANY_PAGE, example.page)
            and example.code.startswith(self.begins)
            and self.language in (None, example.language)
        )


OTHERWISE = (
    Row(
        page=ANY_PAGE,
        begins="make ",
        way=find_make_targets,
        reason="would start the server that runs already, these tests, or the bench",
    ),
    Row(
        page="docs/tutorial.md",
        begins="node client.js",
        way=start_client,
        reason="stays connected, as in a terminal of its own",
    ),
    Row(
        page="docs/tutorial.md",
        begins="Received: Hello from the server!",
        way=printed_by("node client.js"),
        reason="is printed by the client in its terminal",
    ),
    Row(
        page="docs/tutorial.md",
        begins="Received: Welcome",
        way=printed_by("node client.js"),
        reason="is printed by the client in its terminal",
    ),
    Row(
        page=ANY_PAGE,
        begins="node handler.js",
        way=start,
        reason="waits for events, as in a terminal of its own",
    ),
    Row(
        page=ANY_PAGE,
        begins="python handler.py",
        way=start,
        reason="waits for events, as in a terminal of its own",
    ),
    Row(
        page="docs/tutorial.md",
        begins="user-123 connected",
        way=printed_by("node handler.js"),
        reason="is printed by the handler in its terminal",
    ),
    Row(
        page="docs/event-handlers.md",
        begins="anna connected\nanna disconnected",
        way=printed_by("node handler.js"),
        reason="is printed by the handler in its terminal",
    ),
    Row(
        page="docs/event-handlers.md",
        begins="anna connected\nanna joined",
        way=printed_by("python handler.py"),
        reason="is printed by the handler in its terminal",
    ),
    *(
        Row(page="docs/tools.md", begins=begins, way=way, reason="listens in a terminal of its own, and prints there")
        for begins, way in (
            ("linarite sub", listen),
            ("hello\n", printed_by("linarite sub")),
            ("linarite record", listen),
            ("recorded ", printed_by("linarite record")),
        )
    ),
    *(
        Row(
            page="docs/delivery.md", begins=begins, way=way, reason="listens in a terminal of its own, and prints there"
        )
        for begins, way in (("linarite sub", listen), ("before\n", printed_by("linarite sub")))
    ),
    *(
        Row(
            page="docs/azure-cli.md",
            begins=begins,
            language=language,
            way=leave_to("tests/azure_cli/test_page.py"),
            reason="needs the Azure CLI, which `make test-azure-cli` installs and runs the whole page with",
        )
        for language, begins in (
            ("bash", "az "),
            ("bash", 'eval "$(linarite azure-cli'),
            ("text", "Linarite"),
            ("text", "Endpoint="),
            ("text", "Microsoft.SignalRService/WebPubSub"),
            ("text", "pubsub-diagnostics"),
            ("text", "TotalConnectionCount"),
        )
    ),
    Row(
        page="docs/production.md",
        begins="linarite serve",
        way=serve,
        reason="names addresses, ports and a folder of a production machine",
    ),
    Row(
        page="docs/declared-resources.md",
        language="toml",
        way=save,
        reason="holds resources and no settings, and is checked by the command that follows",
    ),
    Row(
        page="docs/declared-resources.md",
        language="json",
        way=save,
        reason="is checked by the command that follows",
    ),
    Row(
        page="docs/reference/command-line.md",
        begins="$ linarite webpubsub service broadcast",
        way=with_a_client,
        reason="needs a client that is connected, and its id",
    ),
    Row(
        page="docs/sdks.md",
        begins="Endpoint=http://localhost:8080",
        way=known_connection_string,
        reason="is what every development server has, printed by no command before it",
    ),
    *(
        Row(page="docs/sdks.md", language=language, way=show_only, reason="needs the SDK of another language")
        for language in ("csharp", "java")
    ),
    Row(
        page="docs/continuous-integration.md",
        language="yaml",
        way=leave_to("tests/documents/test_pipelines.py"),
        reason="is for a machine of its own, which installs Linarite first",
    ),
    *(
        Row(
            page="docs/reverse-proxies.md",
            language=language,
            way=leave_to("tests/documents/test_reverse_proxies.py"),
            reason="names ports and certificates of a production machine",
        )
        for language in ("nginx", "haproxy")
    ),
    Row(
        page="docs/testing.md",
        begins="from linarite.testing.container",
        way=leave_to("tests/testing/test_container.py"),
        reason="needs a container engine",
    ),
    Row(
        page="docs/reference/rest-api.md",
        language="http",
        way=leave_to("tests/http/data_plane/test_reference_page.py"),
        reason="needs a token for each call and clients that are connected",
    ),
)


def way_of(example: Example) -> Way:
    rows = [row for row in OTHERWISE if row.names(example)]
    assert len(rows) <= 1, f"several rows name this example\n{example}"
    way = rows[0].way if rows else BY_LANGUAGE.get(example.language)
    assert way, f"nothing runs this example: give it a language of BY_LANGUAGE or a row in OTHERWISE\n{example}"
    return way


@pytest.mark.parametrize("page", [page for page in pages() if examples(page)])
def test_every_example_of_a_page_runs(page, reader):
    saved = []
    for example in examples(page):
        try:
            way_of(example)(reader, example)
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            error.add_note(str(example))
            raise
        saved += [example.file] if example.file else []
    commands = "\n".join(reader.commands)
    assert [file for file in saved if file not in commands] == [], "saved and never run"
    if reader.missed:
        pytest.skip("\n".join(reader.missed))


def test_every_row_of_the_table_names_an_example():
    written = [example for page in pages() for example in examples(page)]

    assert [row for row in OTHERWISE if not any(row.names(example) for example in written)] == []


def test_the_scripts_that_the_tutorial_shows_are_those_that_its_test_runs():
    shown = {example.file: example.code for example in examples("docs/tutorial.md") if example.file}

    assert shown == {file.name: file.read_text("utf-8") for file in SCRIPTS.iterdir() if file.is_file()}


def test_every_make_command_in_the_text_is_a_target():
    named = {(page, target) for page, code in code_in_text() for target in re.findall(r"^make ([a-z][a-z-]*)", code)}

    assert named
    assert sorted((page, target) for page, target in named if target not in make_targets()) == []


def test_every_command_in_the_text_has_help(capsys):
    """Commands are named by their words up to the first option, placeholder or dots."""
    named = {
        tuple(re.findall(r" ([a-z][a-z-]*)(?=[ ]|$)", re.split(r" [^a-z]", code)[0]))
        for _, code in code_in_text()
        if code.startswith("linarite ")
    }
    assert ("webpubsub", "key", "show") in named

    for words in sorted(named):
        try:
            code = main([*words, "--help"])
        except SystemExit as end:
            code = end.code
        assert code == 0, f"linarite {' '.join(words)}\n{capsys.readouterr().err}"


def test_every_file_in_the_text_exists():
    """A page names files and folders by the end of their paths; a reader's own files are those he saves."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    known = "".join(f"/{file}\n" for file in files)
    saved = {example.file for page in pages() for example in examples(page)}
    path = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(c|js|json|lock|md|mjs|mts|py|ts))")
    named = [(page, code) for page, code in code_in_text() if path.fullmatch(code) and code not in saved]

    assert ("docs/architecture.md", "hubs/delivery.py") in named
    assert [each for each in named if f"/{each[1]}" + ("" if each[1].endswith("/") else "\n") not in known] == []


@pytest.mark.parametrize("language", ["", "json", "ruby"])
def test_an_example_that_nothing_runs_is_told(language):
    (example,) = find_examples("page.md", f"text\n\n```{language}\n1\n```\n")

    with pytest.raises(AssertionError, match=r"nothing runs this example.*\n.*page\.md:3"):
        way_of(example)


def test_blocks_are_found_with_their_names_and_lines():
    text = """\
Text with `code`.

<!-- example: a.py -->
```python
def f():

    return 1
```

- item

  ```sh
  make
  ```

Text:

    make test
    make bench

More text.
"""
    assert [(each.line, each.language, each.file, each.code) for each in find_examples("p", text)] == [
        (3, "python", "a.py", "def f():\n\n    return 1\n"),
        (12, "sh", None, "make\n"),
        (18, "bash", None, "make test\nmake bench\n"),
    ]


def make_targets() -> set[str]:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^make (\S+)", shown, re.MULTILINE))


def code_in_text() -> list[tuple[str, str]]:
    """Return the page and the code of every `code` between backticks in running text."""
    found = []
    for page in pages():
        text = re.sub(r"^ *```.*?^ *```$", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        found += [(page, " ".join(code.split())) for code in re.findall(r"`([^`]+)`", text)]
    return found
