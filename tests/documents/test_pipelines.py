"""The pipelines of docs/continuous-integration.md: their form, and the commands in them that use a server."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.documents.conftest import handler_ports
from tests.documents.pages import examples

PAGE = "docs/continuous-integration.md"
PIPELINES = [(example.line, yaml.safe_load(example.code)) for example in examples(PAGE) if example.language == "yaml"]
# A runner of a service installs what these need; here they would install into the tests' own environment.
NOT_RUN = ("pip install ", "npm ci", "pytest")


def commands_of(pipeline: Mapping[str, object]) -> list[str]:
    """Give the commands of a pipeline in their order, of either service."""
    if "jobs" in pipeline:
        (job,) = pipeline["jobs"].values()
        return [step["run"] for step in job["steps"] if "run" in step and "if" not in step]
    (job,) = pipeline.values()
    return job["script"]


def connection_string_of(pipeline: Mapping[str, object]) -> str:
    (job,) = pipeline.get("jobs", pipeline).values()
    return (job.get("env") or job["variables"])["WebPubSubConnectionString"]


def test_there_are_two_pipelines_of_each_service():
    assert ["jobs" in pipeline for _, pipeline in PIPELINES] == [True, False, True, False]


@pytest.mark.parametrize("pipeline", [pipeline for _, pipeline in PIPELINES if "jobs" in pipeline])
def test_a_pipeline_of_github_has_what_it_must_have(pipeline):
    # YAML 1.1 takes the word `on` for true.
    assert set(pipeline) == {"name", True, "jobs"}
    for job in pipeline["jobs"].values():
        assert job["runs-on"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
        assert job["steps"][0]["uses"].startswith("actions/checkout@")


@pytest.mark.parametrize("pipeline", [pipeline for _, pipeline in PIPELINES if "jobs" not in pipeline])
def test_a_job_of_gitlab_has_image_and_script(pipeline):
    for job in pipeline.values():
        assert job["image"]
        assert all(isinstance(command, str) for command in job["script"])


@pytest.mark.parametrize("line", [line for line, pipeline in PIPELINES if "linarite dev" in str(pipeline)])
def test_the_server_of_a_pipeline_is_started_waited_for_and_checked(line, reader, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (pipeline,) = [pipeline for at, pipeline in PIPELINES if at == line]
    (port,) = handler_ports("8080").values()
    commands = [command for command in commands_of(pipeline) if not command.startswith(NOT_RUN)]
    assert len(commands) == 3
    script = "\n".join(["set -e", *commands, "kill %1", "wait %1"]).replace(":8080", f":{port}")
    environment = {
        **reader._environment,
        "LINARITE_PORT": port,
        "LINARITE_TLS_PORT": "none",
        "WebPubSubConnectionString": connection_string_of(pipeline).replace(":8080", f":{port}"),
    }

    done = subprocess.run(
        ["bash", "-m", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr + Path(tmp_path / "linarite.log").read_text()
    assert "from WebPubSubConnectionString" in done.stdout
