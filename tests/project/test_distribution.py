"""What a release has: the wheel is installed where no repository and no Node.js is, and run as the README says."""

import json
import re
import signal
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
from distribution.bill_of_materials import LOCK, bill_of_materials, read_lock
from tests.documents.pages import examples

import linarite

ROOT = Path(__file__).parents[2]
STATIC = "src/linarite/http/console/static"
INSTALL_SECONDS = 110
DEADLINE_SECONDS = 30


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Build sdist and wheel from what git has and the console's built page."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    tracked = ["--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        ["git", "ls-files", "-z", *tracked], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    page = [str(file.relative_to(ROOT)) for file in (ROOT / STATIC).rglob("*") if file.is_file()]
    for name in [*listed.split("\0"), *page]:
        if name.startswith(("src/", "pyproject.toml", "README.md", "LICENSE")) and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return built


@pytest.fixture(scope="module")
def wheel(built) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Install the wheel, and what the README's Python example needs, into an empty environment; its `bin`."""
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=DEADLINE_SECONDS)
    command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = [str(wheel), "azure-messaging-webpubsubservice", "websockets"]
    locked = ["--constraint", str(ROOT / "requirements" / "dev.lock")]
    done = subprocess.run(
        [*command, *wanted, *locked], cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin"


def lonely(installed: Path) -> dict[str, str]:
    """An environment in which no program is but those that were installed: no Node.js, no make, no checkout."""
    return {"PATH": str(installed), "HOME": str(installed.parent), "LANG": "C.UTF-8"}


def test_the_wheel_has_everything_but_what_only_a_checkout_needs(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    assert {"linarite/py.typed", "linarite/protocols/webpubsub.proto", "linarite/testing/plugin.py"} <= set(names)
    assert "linarite/http/console/static/index.html" in names, "run make console"
    assert {name.partition("/")[0] for name in names} == {"linarite", f"linarite-{linarite.__version__}.dist-info"}


def test_the_sdist_has_what_the_wheel_is_built_from(built, wheel):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/src/")[2] for name in archive.getnames()}

    assert {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("linarite/")} <= inside


@pytest.mark.timeout(300)
def test_the_installed_wheel_runs_as_the_readme_says(installed, tmp_path):
    environment = lonely(installed)
    said = subprocess.run(
        [installed / "linarite", "--version"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert said.stdout.startswith(f"linarite {linarite.__version__}\n"), said.stderr
    command = [installed / "linarite", "dev", "--port", "0", "--tls-port", "0", "--drain-seconds", "0"]
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        endpoint = ready(server, installed.parent / ".linarite" / "server.json", log)
        (example,) = [each for each in examples("README.md") if each.file == "first-message.py"]
        (tmp_path / "first-message.py").write_text(example.code.replace("localhost:8080", endpoint.partition("//")[2]))
        heard = subprocess.run(
            [installed / "python", "first-message.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )
        assert heard.stdout == "Hello\n", heard.stderr
        words = "group create --name rg-pubsub-demo --location eastus --output none"
        made = subprocess.run([installed / "linarite", *words.split()], cwd=tmp_path, env=environment)
        assert made.returncode == 0
        with urllib.request.urlopen(endpoint, timeout=DEADLINE_SECONDS) as page:
            assert "<html" in page.read().decode()
        server.send_signal(signal.SIGTERM)
        assert server.wait(DEADLINE_SECONDS) == 0, log.read_text()
    finally:
        server.kill()
        server.wait()


def ready(server: subprocess.Popen, file: Path, log: Path) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not file.exists():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    return json.loads(file.read_text())["http"]


def test_the_readme_names_the_wheel(wheel):
    assert f"`pip install {wheel.name}`" in (ROOT / "README.md").read_text()
    assert "`linarite dev`" in (ROOT / "README.md").read_text()


def test_the_bill_of_materials_has_every_locked_package_with_its_reason():
    lock = LOCK.read_text()
    bill = bill_of_materials(read_lock(lock))

    pinned = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", lock, re.MULTILINE)
    assert [(each["name"], each["version"]) for each in bill["components"]] == pinned
    references = {each["bom-ref"] for each in bill["components"]}
    assert {url for each in bill["dependencies"] for url in each["dependsOn"]} == {
        each["bom-ref"] for each in bill["components"] if each["scope"] == "required"
    }
    assert {each["ref"] for each in bill["dependencies"]} == references | {bill["metadata"]["component"]["bom-ref"]}
    ours = bill["dependencies"][0]["dependsOn"]
    assert any(url.startswith("pkg:pypi/uvicorn@") for url in ours)
    assert not any(url.startswith("pkg:pypi/click@") for url in ours)  # uvicorn's, not ours
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    assert bill == bill_of_materials(read_lock(lock))


def test_a_lock_file_is_read_with_what_each_package_is_there_for():
    text = """\
# made by pip-compile
click==8.5.1
    # via uvicorn
cryptography==50.0.2
    # via
    #   joserfc
    #   linarite (pyproject.toml)
uvloop==0.22.1 ; sys_platform != "win32"
    # via linarite (pyproject.toml)

# The following packages are considered to be unsafe in a requirements file:
setuptools==84.2.1
    # via -r requirements/build.in
"""
    found = [(each.name, each.version, list(each.wanted_by)) for each in read_lock(text)]

    assert found == [
        ("click", "8.5.1", ["uvicorn"]),
        ("cryptography", "50.0.2", ["joserfc", "linarite (pyproject.toml)"]),
        ("uvloop", "0.22.1", ["linarite (pyproject.toml)"]),
        ("setuptools", "84.2.1", ["-r requirements/build.in"]),
    ]
