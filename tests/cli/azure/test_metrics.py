"""`monitor metrics …`: what is asked, what is printed, and what is refused before anything is asked."""

from datetime import UTC, datetime, timedelta

import pytest
from knack.util import CLIError

from linarite.cli.azure.metric_arguments import Target, duration_of, parse_period, parse_time, resource_path, timespan

ID = "/subscriptions/s/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_the_server(az):
    """Commands find the server of the tests."""


@pytest.mark.parametrize(
    ("text", "period", "iso"),
    [
        ("1m", timedelta(minutes=1), "PT1M"), ("1h", timedelta(hours=1), "PT1H"),
        ("90s", timedelta(seconds=90), "PT1M30S"),
        ("1d12h", timedelta(hours=36), "P1DT12H"), ("PT5M", timedelta(minutes=5), "PT5M"),
        ("p1d", timedelta(days=1), "P1D"), ("60m", timedelta(hours=1), "PT1H"),
    ],
)  # fmt: skip
def test_periods_are_read_as_az_reads_them(text, period, iso):
    assert parse_period(text) == period
    assert duration_of(period) == iso


@pytest.mark.parametrize("text", ["", "soon", "1", "P", "-1h", "1h2d", "0m"])
def test_other_periods_are_refused(text):
    with pytest.raises(CLIError, match="Expected a period such as"):
        parse_period(text)


def test_a_time_that_is_left_out_follows_from_the_other():
    hour = "2026-01-31T11:00:00+00:00/2026-01-31T12:00:00+00:00"
    assert timespan(None, None, "1h", NOON) == hour
    assert timespan("2026-01-31T11:00:00Z", None, "1h", NOON) == hour
    assert timespan(None, "2026-01-31 12:00", "1h", NOON) == hour
    assert timespan("2026-01-31T11:00", "2026-01-31T12:00Z", "1d", NOON) == hour
    with pytest.raises(CLIError, match="Expected a time such as"):
        parse_time("yesterday")


def test_a_resource_is_named_by_its_id_or_by_name_group_and_type():
    assert resource_path(Target(ID, None, None, None, None)) == ID
    named = "/resourceGroups/rg/providers/Microsoft.SignalRService/webPubSub/demo"
    assert resource_path(Target("demo", "rg", "Microsoft.SignalRService/webPubSub", None, None)) == named
    assert resource_path(Target("demo", "rg", "webPubSub", "Microsoft.SignalRService", None)) == named


@pytest.mark.parametrize(
    "target",
    [
        Target(ID, "rg", None, None, None),
        Target("/subscriptions/s", None, None, None, None),
        Target("demo", None, "Microsoft.SignalRService/webPubSub", None, None),
        Target("demo", "rg", "webPubSub", None, None),
        Target("demo", "rg", None, None, None),
    ],
)
def test_other_ways_of_naming_are_refused(target):
    with pytest.raises(CLIError, match="--resource"):
        resource_path(target)


def test_metrics_are_listed_with_the_platform_s_document(command):
    outcome = command("monitor", "metrics", "list", "--resource", ID, "--metrics", "ConnectionOpenCount", "ServerLoad")
    assert outcome.exit_code == 0, outcome.errors
    assert outcome.document["namespace"] == "Microsoft.SignalRService/WebPubSub"
    assert outcome.document["interval"] == "PT1M"
    names = [metric["name"]["value"] for metric in outcome.document["value"]]
    assert names == ["ConnectionOpenCount", "ServerLoad"]
    assert outcome.document["value"][0]["resourceGroup"] == "linarite"


def test_series_by_dimension_are_asked_for_with_words_or_a_filter(command):
    words = ["monitor", "metrics", "list", "--resource", ID, "--metrics", "ClientRequestStatus", "--metadata"]
    for more in (["--dimension", "ClientType", "Status"], ["--filter", "ClientType eq '*' and Status eq '*'"]):
        outcome = command(*words, *more, "--query", "value[0].timeseries")
        assert outcome.exit_code == 0, outcome.errors
        assert isinstance(outcome.document, list)
    outcome = command(*words, "--dimension", "Status", "--filter", "Status eq '*'")
    assert (outcome.exit_code, "mutually exclusive" in outcome.errors) == (1, True)


def test_a_table_has_a_row_for_each_point(command):
    words = ["--metrics", "TotalConnectionCount", "--aggregation", "maximum", "average", "--offset", "2m"]
    outcome = command("monitor", "metrics", "list", "--resource", ID, *words, "--output", "table")
    head, _, *rows = outcome.output.splitlines()
    assert head.split() == ["Timestamp", "Name", "Maximum", "Average"]
    assert len(rows) in (2, 3)
    assert "Connection Count" in rows[0]


def test_definitions_and_namespaces_are_listed(command):
    by_name = ["--resource", "linarite", "-g", "linarite", "--resource-type", "Microsoft.SignalRService/webPubSub"]
    outcome = command("monitor", "metrics", "list-definitions", *by_name, "--query", "[].name.value", "-o", "tsv")
    assert "ConnectionCloseCount" in outcome.output.split()
    outcome = command("monitor", "metrics", "list-definitions", *by_name, "-o", "table")
    assert "ResponseTime, RestApiCategory" in outcome.output
    outcome = command("monitor", "metrics", "list-namespaces", "--resource", ID)
    assert [one["classification"] for one in outcome.document] == ["Platform"]


def test_what_the_server_refuses_is_printed_as_az_prints_it(command):
    outcome = command("monitor", "metrics", "list", "--resource", ID, "--metrics", "Nothing")
    assert outcome.exit_code == 1
    assert outcome.errors.startswith("ERROR: (BadRequest) Failed to find metric configuration for metric 'Nothing'.")
    outcome = command("monitor", "metrics", "list", "--resource", ID.removesuffix("linarite") + "nobody")
    assert outcome.exit_code == 3
