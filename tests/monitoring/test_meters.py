"""What a resource's meter counts."""

from linarite.domain.close_categories import CloseCategory, category_of_code, category_of_status
from linarite.domain.traffic import Traffic, messages_of
from linarite.monitoring.meters import Meters
from linarite.monitoring.metric_definitions import (
    DEFINITIONS,
    ClientType,
    ResponseTime,
    RestApiCategory,
    definition_of,
    response_time_of,
)


def test_connections_are_counted_as_they_come_and_go() -> None:
    meter = Meters().of("demo")
    for _ in range(3):
        meter.upgraded()
        meter.connection_opened()
    meter.connection_closed(CloseCategory.NORMAL)
    assert (meter.connections, meter.opened) == (2, 3)
    assert (meter.lowest, meter.highest) == (0, 3)
    meter.start_minute()
    assert (meter.lowest, meter.highest) == (2, 2)
    counts = dict(meter.counts())
    assert counts["ConnectionOpenCount",] == 3
    assert counts["ConnectionCloseCount", "Normal"] == 1
    assert counts["ClientRequestStatus", "WebPubSub", "101"] == 3


def test_a_recovery_is_a_request_but_no_new_connection() -> None:
    meter = Meters().of("demo")
    meter.upgraded()
    assert meter.opened == 0
    assert dict(meter.counts())["ClientRequestStatus", "WebPubSub", "101"] == 1


def test_a_refused_request_counts_as_a_close_of_its_category() -> None:
    meter = Meters().of("demo")
    meter.refused(401, CloseCategory.UNAUTHORIZED)
    meter.refused(404, CloseCategory.BAD_REQUEST, ClientType.MQTT)
    counts = dict(meter.counts())
    assert counts["ConnectionCloseCount", "Unauthorized"] == 1
    assert counts["ClientRequestStatus", "WebPubSub", "401"] == 1
    assert counts["ClientRequestStatus", "MQTT", "404"] == 1
    assert meter.connections == 0


def test_calls_are_counted_by_category_and_time() -> None:
    meter = Meters().of("demo")
    meter.rest_call(RestApiCategory.SEND_TO_ALL, 0.25)
    meter.rest_call(RestApiCategory.SEND_TO_ALL, 0.3)
    meter.rest_call(RestApiCategory.UNCATEGORIZED, 0.01)
    counts = dict(meter.counts())
    assert counts["RestApiResponseTimeCount", "LessThan500ms", "SendToAll"] == 2
    assert counts["RestApiResponseTimeCount", "LessThan100ms", "Uncategorized"] == 1


def test_response_times_have_the_service_s_ends() -> None:
    seconds = (0.0, 0.0999, 0.1, 0.499, 0.5, 0.999, 1.0, 4.999, 5.0, 1e9)
    found = [response_time_of(one).value for one in seconds]
    pairs = [value for value in ResponseTime for _ in range(2)]
    assert found == [value.value for value in pairs]


def test_every_series_fits_its_metric_s_dimensions() -> None:
    meter = Meters().of("demo")
    meter.refused(401, CloseCategory.UNAUTHORIZED)
    meter.rest_call(RestApiCategory.SEND_TO_ALL, 0.25)
    for series, _ in meter.counts():
        definition = definition_of(series[0])
        assert definition is not None
        assert definition.is_count
        assert len(series) == 1 + len(definition.dimensions)


def test_names_of_resources_and_metrics_compare_without_case() -> None:
    meters = Meters()
    assert meters.of("Demo") is meters.of("demo")
    assert definition_of("connectionclosecount") is next(
        one for one in DEFINITIONS if one.name == "ConnectionCloseCount"
    )
    assert definition_of("Connections") is None


def test_a_resource_that_was_forgotten_begins_anew() -> None:
    meters = Meters()
    meters.of("demo").connection_opened()
    meters.forget("Demo")
    assert meters.of("demo").opened == 0


def test_codes_and_statuses_have_categories() -> None:
    codes = {1000: "Normal", 1001: "ServiceReload", 1007: "BadRequest", 1011: "ServiceTransientError", 4000: "Normal"}
    assert {code: category_of_code(code).value for code in codes} == codes
    statuses = {400: "BadRequest", 401: "Unauthorized", 403: "Unauthorized", 429: "Throttled", 503: "ServiceReload"}
    statuses[500] = "ServiceTransientError"
    assert {status: category_of_status(status).value for status in statuses} == statuses


def test_the_worked_example_of_the_service_s_billing_page() -> None:
    """4 KB to the event handler and 4 KB to ten connections are 44 KB: 22 messages."""
    traffic = Traffic()
    traffic.outbound_bytes += 4 * 1024 + 10 * 4 * 1024
    assert messages_of(traffic.outbound_bytes) == 22
    assert [messages_of(size) for size in (0, 1, 2048, 2049)] == [0, 1, 1, 2]


def test_a_quota_is_used_up_at_its_last_byte() -> None:
    traffic = Traffic()
    assert not traffic.is_used_up
    traffic.outbound_limit = 10
    traffic.outbound_bytes = 9
    assert not traffic.is_used_up
    traffic.outbound_bytes = 10
    assert traffic.is_used_up
