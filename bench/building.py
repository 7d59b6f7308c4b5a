"""Makes the two C programs and the node peer ready in the build folder, which git ignores."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent
BUILD_FOLDER = SOURCES.parent / "build" / "bench"

COMPILE = ("cc", "-O2", "-Wall", "-Wextra", "-Werror")


class CannotBuildError(Exception):
    """A program that the bench needs cannot be made; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The compiled programs."""

    wsload: Path
    limit: Path


def build_programs(folder: Path = BUILD_FOLDER) -> Programs:
    """Compile the generator and the C limit, where the source is newer than the program."""
    if shutil.which(COMPILE[0]) is None:
        raise CannotBuildError(f"no C compiler ({COMPILE[0]}): install gcc or clang")
    folder.mkdir(parents=True, exist_ok=True)
    return Programs(wsload=_compile("wsload", folder), limit=_compile("limit", folder))


def _compile(name: str, folder: Path) -> Path:
    source, program = SOURCES / f"{name}.c", folder / name
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    result = subprocess.run([*COMPILE, "-o", program, source], capture_output=True, text=True, check=False)
    if result.returncode:
        raise CannotBuildError(f"{source.name} does not compile:\n{result.stderr}")
    return program


def build_node_peer(folder: Path = BUILD_FOLDER) -> Path:
    """Install the node peer's one package beside a copy of its script; return the script."""
    target = folder / "node"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "node.mjs"):
        shutil.copyfile(SOURCES / "peers" / name, target / name)
    if not (target / "node_modules" / "ws").is_dir():
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        result = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
        if result.returncode:
            raise CannotBuildError(f"npm ci failed: {result.stderr.strip().splitlines()[-1:]}")
    return target / "node.mjs"
