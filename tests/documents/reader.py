"""Somebody who does what a page says, in an empty folder, at a shell that keeps what earlier commands left in it."""

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

DEADLINE_SECONDS = 20.0
# npm fetches packages that are not in its cache.
COMMAND_SECONDS = 90.0

# Variables, aliases and the folder pass from one block of commands to the next, as in a terminal.
_SCRIPT = """\
shopt -s expand_aliases
if [ -f '{state}' ]; then source '{state}'; fi
trap '{{ export -p; alias -p; printf "cd %q\\n" "$PWD"; }} > "{state}"' EXIT
set -e -o pipefail
{commands}
"""


class Reader:
    """One reader of one page; `replacements` are this machine's words for what the page calls otherwise."""

    def __init__(self, folder: Path, environment: Mapping[str, str], replacements: Mapping[str, str]) -> None:
        self.folder = folder
        self.replacements = replacements
        self.last: Finished | Running | None = None
        """What ran last."""
        self.heard = ""
        """All that ended commands have printed."""
        self.commands: list[str] = []
        self.missed: list[str] = []
        """What could not be run on this machine, and why."""
        self._environment = environment
        self._state = folder.with_name(f"{folder.name}.state")
        self._running: list[Running] = []

    def here(self, text: str) -> str:
        """Return what a page says in the words of this machine."""
        for written, meant in self.replacements.items():
            text = text.replace(written, meant)
        return text

    def save(self, file: str, code: str) -> Path:
        """Save code in the folder where the shell is."""
        path = self.shell_folder / file
        path.write_text(self.here(code), "utf-8")
        return path

    def run(self, commands: str) -> "Finished":
        """Run commands to their good end."""
        done = subprocess.run(
            ["bash", str(self._script(commands))],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"exit code {done.returncode} of\n{self.here(commands)}\n{done.stdout}"
        self.last = Finished(done.stdout)
        self.heard += done.stdout
        return self.last

    def start(self, command: str) -> "Running":
        """Run a command that stays, as in a terminal of its own; it is ended when the reader leaves."""
        output = self.folder.with_name(f"{self.folder.name}.{len(self._running)}.output")
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", str(self._script(f"exec {command}"))],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.last = Running(command, process, output)
        self._running.append(self.last)
        return self.last

    def running(self, command: str) -> "Running":
        """What stays and was started by a command that begins so."""
        (found,) = (running for running in self._running if running.command.startswith(command))
        return found

    @property
    def shell_folder(self) -> Path:
        """The folder where the shell is: the last `cd` decides."""
        if not self._state.exists():
            return self.folder
        _cd, folder = shlex.split(self._state.read_text().splitlines()[-1])
        return Path(folder)

    def leave(self) -> None:
        """End what still runs."""
        for running in self._running:
            running.end()

    def _script(self, commands: str) -> Path:
        self.commands.append(commands)
        script = self.folder.with_name(f"{self.folder.name}.{len(self.commands)}.sh")
        script.write_text(_SCRIPT.format(state=self._state, commands=self.here(commands)), "utf-8")
        return script


class Finished:
    """Commands that have ended, and what they printed."""

    def __init__(self, output: str) -> None:
        self.output = output

    def expect(self, text: str) -> None:
        """Assert that the output ends with these lines."""
        assert _ends_with(self.output, text), f"expected at the end\n{text}\nof\n{self.output}"


class Running:
    """A command that stays, and what it has printed until now."""

    def __init__(self, command: str, process: subprocess.Popen[bytes], file: Path) -> None:
        self.command = command
        self.process = process
        self._file = file

    @property
    def output(self) -> str:
        return self._file.read_text("utf-8")

    def expect(self, text: str) -> None:
        """Wait until the output ends with these lines."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            has_ended = self.process.poll() is not None  # looked at first: its last words count
            if _ends_with(self.output, text):
                return
            assert time.monotonic() < deadline, f"waited for\n{text}\nat the end of\n{self.output}"
            assert not has_ended, f"ended without\n{text}\nafter\n{self.output}"
            time.sleep(0.01)

    def end(self) -> int:
        """Ask it to end, wait until it has, and return its exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(DEADLINE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()


def _ends_with(output: str, text: str) -> bool:
    """Return whether the last lines of an output are these, where `…` stands for anything."""
    expected = text.strip().splitlines()
    lines = output.strip().splitlines()[-len(expected) :]
    patterns = [".*".join(re.escape(part) for part in line.split("…")) for line in expected]
    return len(lines) == len(patterns) and all(
        re.fullmatch(pattern, line) for pattern, line in zip(patterns, lines, strict=True)
    )


def clean_environment() -> dict[str, str]:
    """Return this process' environment without what would change how Linarite or the SDKs behave."""
    unwanted = ("LINARITE_", "WEBPUBSUB_", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
