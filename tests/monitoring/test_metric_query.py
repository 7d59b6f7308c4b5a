"""Samples by minute, and the answers of queries about them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from linarite.domain.close_categories import CloseCategory
from linarite.monitoring.meters import Meters
from linarite.monitoring.metric_definitions import DEFINITIONS, RestApiCategory
from linarite.monitoring.metric_history import MetricHistory
from linarite.monitoring.metric_query import InvalidMetricQuery, parse_metric_query

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
LIMIT = 1000


class Kept:
    """A history whose clock the test moves."""

    def __init__(self, minutes_kept: int = 10) -> None:
        self.meters = Meters()
        self.meter = self.meters.of("demo")
        self.load = 10.0
        self.now = NOON + 1
        self.history = MetricHistory(self.meters, lambda _: LIMIT, lambda: self.load, minutes_kept, NOON)

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.history.observe(self.now)

    def ask(self, **parameters: str) -> dict[str, Any]:
        query = parse_metric_query(
            {name.replace("filter", "$filter"): text for name, text in parameters.items()}, self.now
        )
        minutes = self.history.minutes("demo", query.first_minute, query.span[1])
        return query.answer("/subscriptions/s/demo", "local", minutes)

    def points(self, name: str, **parameters: str) -> list[dict[str, Any]]:
        """The points of a metric's only series from noon on."""
        span = "2026-01-31T12:00:00Z/PT3M"
        (metric,) = self.ask(metricnames=name, **{"timespan": span, **parameters})["value"]
        (series,) = metric["timeseries"]
        return series["data"]


def test_three_connections_open_and_one_closes() -> None:
    kept = Kept()
    for _ in range(3):
        kept.meter.connection_opened()
    kept.later(60)
    kept.meter.connection_closed(CloseCategory.NORMAL)
    kept.later(60)
    assert [point["total"] for point in kept.points("ConnectionOpenCount")] == [3, 0, 0]
    assert [point["total"] for point in kept.points("ConnectionCloseCount")] == [0, 1, 0]
    assert [point["maximum"] for point in kept.points("TotalConnectionCount")] == [3, 3, 2]
    assert [point["minimum"] for point in kept.points("TotalConnectionCount", aggregation="Minimum")] == [0, 2, 2]


def test_a_point_has_a_time_stamp_and_the_aggregations_asked_for() -> None:
    kept = Kept()
    kept.meter.connection_opened()
    kept.later(30)
    kept.meter.connection_opened()
    kept.later(30)
    first, *_ = kept.points("TotalConnectionCount", aggregation="Average,Maximum,Minimum,Total,Count")
    assert first == {
        "timeStamp": "2026-01-31T12:00:00Z", "average": 1.5, "maximum": 2.0, "minimum": 0.0, "total": 3.0, "count": 2.0,
    }  # fmt: skip


def test_the_quota_s_utilization_follows_from_the_connections() -> None:
    kept = Kept()
    for _ in range(250):
        kept.meter.connection_opened()
    kept.later(60)
    assert kept.points("ConnectionQuotaUtilization")[0]["maximum"] == 25.0


def test_load_is_measured_at_each_look() -> None:
    kept = Kept()
    kept.later(20)
    kept.load = 70.0
    kept.later(20)
    kept.later(20)
    point = kept.points("ServerLoad", aggregation="Average,Maximum,Minimum")[0]
    assert (point["average"], point["maximum"], point["minimum"]) == (50.0, 70.0, 10.0)


def test_without_a_filter_dimensions_are_summed_up() -> None:
    kept = Kept()
    kept.meter.refused(401, CloseCategory.UNAUTHORIZED)
    kept.meter.refused(429, CloseCategory.THROTTLED)
    (metric,) = kept.ask(metricnames="ConnectionCloseCount")["value"]
    (series,) = metric["timeseries"]
    assert series["metadatavalues"] == []
    assert series["data"][-1]["total"] == 2.0


def test_a_filter_gives_a_series_for_each_value() -> None:
    kept = Kept()
    kept.meter.refused(401, CloseCategory.UNAUTHORIZED)
    kept.meter.refused(401, CloseCategory.UNAUTHORIZED)
    kept.meter.refused(429, CloseCategory.THROTTLED)
    kept.later(60)
    (metric,) = kept.ask(metricnames="ConnectionCloseCount", filter="ConnectionCloseCategory eq '*'")["value"]
    found = {one["metadatavalues"][0]["value"]: max(point.get("total", 0) for point in one["data"])
             for one in metric["timeseries"]}  # fmt: skip
    assert found == {"Throttled": 1, "Unauthorized": 2}
    assert metric["timeseries"][0]["metadatavalues"][0]["name"]["value"] == "connectionclosecategory"
    (metric,) = kept.ask(metricnames="ConnectionCloseCount", filter="ConnectionCloseCategory eq 'throttled'")["value"]
    assert [one["metadatavalues"][0]["value"] for one in metric["timeseries"]] == ["Throttled"]
    (metric,) = kept.ask(metricnames="ConnectionCloseCount", filter="ConnectionCloseCategory eq 'SlowClient'")["value"]
    assert metric["timeseries"] == []


def test_a_filter_on_one_of_two_dimensions_sums_up_the_other() -> None:
    kept = Kept()
    kept.meter.rest_call(RestApiCategory.SEND_TO_ALL, 0.01)
    kept.meter.rest_call(RestApiCategory.SEND_TO_ALL, 0.25)
    kept.meter.rest_call(RestApiCategory.HEALTH_CHECK, 0.25)
    (metric,) = kept.ask(metricnames="RestApiResponseTimeCount", filter="RestApiCategory eq '*'")["value"]
    found = {one["metadatavalues"][0]["value"]: one["data"][-1]["total"] for one in metric["timeseries"]}
    assert found == {"HealthCheck": 1, "SendToAll": 2}


def test_series_are_sorted_and_the_first_ones_taken() -> None:
    kept = Kept()
    for status, times in ((400, 1), (401, 3), (429, 2)):
        for _ in range(times):
            kept.meter.refused(status, CloseCategory.NORMAL)
    asked = {"metricnames": "ClientRequestStatus", "filter": "Status eq '*'"}
    (metric,) = kept.ask(**asked, orderby="sum desc", top="2")["value"]
    assert [one["metadatavalues"][0]["value"] for one in metric["timeseries"]] == ["401", "429"]
    (metric,) = kept.ask(**asked, resulttype="metadata")["value"]
    assert [sorted(one) for one in metric["timeseries"]] == [["metadatavalues"]] * 3


def test_longer_intervals_join_minutes() -> None:
    kept = Kept()
    for opened in (1, 2, 0, 4, 0, 8):
        for _ in range(opened):
            kept.meter.connection_opened()
        kept.later(60)
    assert [
        one["total"]
        for one in kept.points("ConnectionOpenCount", timespan="2026-01-31T12:00:00Z/PT10M", interval="PT5M")
    ] == [7, 8]
    (whole,) = kept.points("ConnectionOpenCount", timespan="2026-01-31T12:00:00Z/PT10M", interval="FULL")
    assert whole == {"timeStamp": "2026-01-31T12:00:00Z", "total": 15}
    levels = kept.points("TotalConnectionCount", timespan="2026-01-31T12:00:00Z/PT10M", interval="PT5M")
    assert [one["maximum"] for one in levels] == [7, 15]


def test_minutes_outside_of_what_is_kept_have_a_time_stamp_only() -> None:
    kept = Kept(minutes_kept=2)
    for _ in range(5):
        kept.meter.connection_opened()
        kept.later(60)
    points = kept.points("ConnectionOpenCount", timespan="2026-01-31T12:00:00Z/PT7M")
    assert [point.get("total") for point in points] == [None, None, None, 1, 1, 0, None]


def test_an_unknown_resource_has_no_minutes_but_the_running_one() -> None:
    kept = Kept()
    kept.later(300)
    assert [minute.start for minute in kept.history.minutes("other", NOON, kept.now + 1)] == [NOON + 300]
    kept.history.forget("demo")
    assert [minute.start for minute in kept.history.minutes("demo", NOON, kept.now + 1)] == [NOON + 300]


def test_the_answer_has_the_platform_s_form() -> None:
    kept = Kept()
    document = kept.ask(
        metricnames="InboundTraffic", timespan="2026-01-31T12:00:00Z/2026-01-31T12:01:00Z", interval="PT1M"
    )
    assert document == {
        "cost": 0,
        "timespan": "2026-01-31T12:00:00Z/2026-01-31T12:01:00Z",
        "interval": "PT1M",
        "namespace": "Microsoft.SignalRService/WebPubSub",
        "resourceregion": "local",
        "value": [
            {
                "id": "/subscriptions/s/demo/providers/Microsoft.Insights/metrics/InboundTraffic",
                "type": "Microsoft.Insights/metrics",
                "name": {"value": "InboundTraffic", "localizedValue": "Inbound Traffic"},
                "displayDescription": "The inbound traffic to the service.",
                "unit": "Bytes",
                "timeseries": [{"metadatavalues": [], "data": [{"timeStamp": "2026-01-31T12:00:00Z", "total": 0.0}]}],
                "errorCode": "Success",
            }
        ],
    }  # fmt: skip


def test_without_names_every_metric_is_answered() -> None:
    document = Kept().ask()
    assert [one["name"]["value"] for one in document["value"]] == [one.name for one in DEFINITIONS]


@pytest.mark.parametrize(
    ("parameters", "target", "expected"),
    [
        ({"metricnames": "Connections"}, "metricnames", "Valid metrics: ClientRequestStatus"),
        ({"timespan": "today"}, "timespan", "Expected two times"),
        ({"interval": "PT2M"}, "interval", "Expected an interval"),
        ({"timespan": "P365D", "interval": "PT1M"}, "interval", "at most 20000 intervals"),
        ({"aggregation": "Median"}, "aggregation", "Expected some of Total"),
        ({"metricnames": "InboundTraffic", "filter": "Hub eq '*'"}, "$filter", "does not support the dimension 'hub'"),
        ({"metricnames": "ClientRequestStatus", "filter": "Status = 1"}, "$filter", "Expected 'eq'"),
        ({"top": "0"}, "top", "from 1 to 1000"),
        ({"top": "many"}, "top", "from 1 to 1000"),
        ({"orderby": "name"}, "orderby", "Expected an aggregation"),
        ({"orderby": "sum up"}, "orderby", "Expected an aggregation"),
        ({"resulttype": "All"}, "resultType", "Expected Data or Metadata"),
        ({"metricnamespace": "Microsoft.Web/sites"}, "metricnamespace", "Expected the metric namespace"),
    ],
)
def test_wrong_parameters_are_named_with_what_was_expected(
    parameters: dict[str, str], target: str, expected: str
) -> None:
    with pytest.raises(InvalidMetricQuery) as error:
        Kept().ask(**parameters)
    assert error.value.target == target
    assert expected in str(error.value)
