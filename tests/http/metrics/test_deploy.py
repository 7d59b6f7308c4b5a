"""The dashboard and alert rules that come with Linarite use metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.running_server import RunningServer

from linarite.domain.close_categories import CloseCategory
from linarite.events.counters import EventCounters
from linarite.events.outbound import CallResult
from linarite.http.metric_families import HubSize, MetricSources, exposition
from linarite.monitoring.metric_definitions import ClientType, ResponseTime, RestApiCategory

DEPLOY = Path(__file__).parents[3] / "deploy"
NAME = re.compile(r"\b(?:webpubsub|linarite|process)_[a-z_]+\b")
SELECTOR = re.compile(r"\b((?:webpubsub|linarite|process)_[a-z_]+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
GROUPING = re.compile(r"\bby \(([^)]*)\)")
# Labels that Prometheus adds itself.
ADDED = {"instance", "job"}


def dashboard_expressions() -> list[str]:
    board = json.loads((DEPLOY / "grafana" / "linarite.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [*queries, *(one["definition"] for one in board["templating"]["list"] if "definition" in one)]


def alert_rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    return [*dashboard_expressions(), *(str(rule["expr"]) for rule in alert_rules())]


@pytest.fixture
async def labels(server: RunningServer) -> Mapping[str, set[str]]:
    """The labels of each metric of a server on which everything has happened."""
    measuring = server.server._measuring
    meter = measuring.meters.of(server.resource.name)
    meter.refused(429, CloseCategory.THROTTLED, ClientType.MQTT)
    meter.rest_call(RestApiCategory.SEND_TO_ALL, 0.1)
    meter.connection_opened()
    resource = server.resource
    server.registry.update(resource.resource_group, resource.name, {"sku": {"name": "Free_F1", "capacity": 1}})
    events = EventCounters()
    events.count("linarite", "chat", "connect", CallResult.ANSWERED)
    page = exposition(MetricSources(measuring, lambda: [HubSize("linarite", "chat", 1)], events)).decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {sample.name: set(sample.labels) for sample in samples}


def values_of(label: str) -> set[str] | None:
    """The values that a label can have, None if it may have any."""
    known = {
        "category": {one.value for one in (*CloseCategory, *RestApiCategory)},
        "response_time": {one.value for one in ResponseTime},
        "result": {one.value for one in CallResult},
        "client_type": {one.value for one in ClientType},
    }
    return known.get(label)


def named(expression: str) -> Iterator[tuple[str, str, str]]:
    """Metric, label and value of each matcher."""
    for metric, matchers in SELECTOR.findall(expression):
        for label, _, value in MATCHER.findall(matchers):
            yield metric, label, value


async def test_every_metric_label_and_value_of_dashboard_and_rules_exists(labels: Mapping[str, set[str]]) -> None:
    assert len(expressions()) > 20
    for expression in expressions():
        names = set(NAME.findall(expression))
        assert names <= labels.keys() | {"process"}, expression
        for metric, label, value in named(expression):
            assert label in labels[metric] | ADDED, expression
            possible = values_of(label)
            if possible is not None:
                assert set(value.split("|")) <= possible, expression
        for grouping in GROUPING.findall(expression):
            known = set().union(*(labels[name] for name in names))
            assert {one.strip() for one in grouping.split(",")} <= known | ADDED, expression


async def test_every_metric_of_the_service_is_on_the_dashboard(labels: Mapping[str, set[str]]) -> None:
    shown = set(NAME.findall(" ".join(dashboard_expressions())))
    assert {name for name in labels if name.startswith("webpubsub_")} - shown == {"webpubsub_connection_quota"}


def test_rules_say_what_they_mean_and_what_helps() -> None:
    rules = alert_rules()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert str(rule["expr"]).count("(") == str(rule["expr"]).count(")")


def test_panels_do_not_lie_on_each_other() -> None:
    board = json.loads((DEPLOY / "grafana" / "linarite.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_scrape_configuration_names_the_rules_and_the_credential() -> None:
    configuration = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    assert all((DEPLOY / "prometheus" / file).is_file() for file in configuration["rule_files"])
    (scrape,) = configuration["scrape_configs"]
    assert scrape["job_name"] == "linarite"
    assert scrape["authorization"]["credentials_file"] == "administrator-token"
