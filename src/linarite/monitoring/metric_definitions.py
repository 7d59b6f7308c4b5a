"""The service's metrics: their names, units, aggregations and dimensions.

From "Supported metrics for Microsoft.SignalRService/WebPubSub" and concept-metrics. One table for the management API,
the command line and `/metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = [
    "DEFINITIONS",
    "NAMESPACE",
    "Aggregation",
    "ClientType",
    "MetricDefinition",
    "ResponseTime",
    "RestApiCategory",
    "definition_of",
    "response_time_of",
]

NAMESPACE = "Microsoft.SignalRService/WebPubSub"


class Aggregation(Enum):
    """What can be asked of a metric's samples in an interval, in the order in which answers name them."""

    TOTAL = "Total"
    COUNT = "Count"
    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"


class ClientType(Enum):
    """What a connection request speaks."""

    WEB_PUB_SUB = "WebPubSub"
    MQTT = "MQTT"
    SOCKET_IO = "SocketIO"


class ResponseTime(Enum):
    """How long a REST call took, from its whole head to its answer."""

    LESS_THAN_100_MS = "LessThan100ms"
    LESS_THAN_500_MS = "LessThan500ms"
    LESS_THAN_1_S = "LessThan1s"
    LESS_THAN_5_S = "LessThan5s"
    GREATER_THAN_5_S = "GreaterThan5s"


_ENDS = (
    (0.1, ResponseTime.LESS_THAN_100_MS),
    (0.5, ResponseTime.LESS_THAN_500_MS),
    (1.0, ResponseTime.LESS_THAN_1_S),
    (5.0, ResponseTime.LESS_THAN_5_S),
)


def response_time_of(seconds: float) -> ResponseTime:
    """The value under which a call of this length is counted."""
    for end, value in _ENDS:
        if seconds < end:
            return value
    return ResponseTime.GREATER_THAN_5_S


class RestApiCategory(Enum):
    """What a REST call does. The service's list has a few more, which no published call belongs to."""

    HEALTH_CHECK = "HealthCheck"
    SEND_TO_ALL = "SendToAll"
    SEND_TO_GROUP = "SendToGroup"
    SEND_TO_USER = "SendToUser"
    SEND_TO_CONNECTION = "SendToConnection"
    CHECK_CONNECTION_EXISTS = "CheckConnectionExists"
    CHECK_USER_EXISTS = "CheckUserExists"
    CHECK_GROUP_EXISTS = "CheckGroupExists"
    CHECK_USER_EXISTS_IN_GROUP = "CheckUserExistsInGroup"
    CLOSE_CONNECTION = "CloseConnection"
    CLOSE_ALL_CONNECTIONS = "CloseAllConnections"
    CLOSE_GROUP_CONNECTIONS = "CloseGroupConnections"
    CLOSE_USER_CONNECTIONS = "CloseUserConnections"
    ADD_CONNECTION_TO_GROUP = "AddConnectionToGroup"
    REMOVE_CONNECTION_FROM_GROUP = "RemoveConnectionFromGroup"
    REMOVE_CONNECTION_FROM_ALL_GROUPS = "RemoveConnectionFromAllGroups"
    ADD_CONNECTIONS_TO_GROUPS = "AddConnectionsToGroups"
    REMOVE_CONNECTIONS_FROM_GROUPS = "RemoveConnectionsFromGroups"
    ADD_USER_TO_GROUP = "AddUserToGroup"
    REMOVE_USER_FROM_GROUP = "RemoveUserFromGroup"
    REMOVE_USER_FROM_ALL_GROUPS = "RemoveUserFromAllGroups"
    LIST_CONNECTIONS_IN_GROUP = "ListConnectionsInGroup"
    GRANT_PERMISSION = "GrantPermission"
    REVOKE_PERMISSION = "RevokePermission"
    CHECK_PERMISSION = "CheckPermission"
    GENERATE_CLIENT_TOKEN = "GenerateClientToken"  # noqa: S105 - a category's name
    UNCATEGORIZED = "Uncategorized"
    """Whatever else lies under `/api`."""


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric. Its first aggregation is the one that an answer gives when none is asked for."""

    name: str
    display_name: str
    description: str
    unit: str
    category: str
    aggregations: tuple[Aggregation, ...]
    dimensions: tuple[str, ...] = ()

    @property
    def is_count(self) -> bool:
        """Whether it counts what happens, as against measuring how much there is."""
        return self.aggregations[0] is Aggregation.TOTAL


_COUNTED = (Aggregation.TOTAL,)
_MEASURED = (Aggregation.MAXIMUM, Aggregation.AVERAGE)
_MEASURED_BOTH_WAYS = (Aggregation.MAXIMUM, Aggregation.AVERAGE, Aggregation.MINIMUM)

DEFINITIONS = (
    MetricDefinition(
        "ClientRequestStatus",
        "Client Request Status Code",
        "The status code of client connection requests.",
        "Count",
        "Traffic",
        _COUNTED,
        ("ClientType", "Status"),
    ),
    MetricDefinition(
        "ConnectionCloseCount",
        "Connection Close Count",
        "The count of connections closed by various reasons.",
        "Count",
        "Traffic",
        _COUNTED,
        ("ConnectionCloseCategory",),
    ),
    MetricDefinition(
        "ConnectionOpenCount",
        "Connection Open Count",
        "The count of new connections opened.",
        "Count",
        "Traffic",
        _COUNTED,
    ),
    MetricDefinition(
        "ConnectionQuotaUtilization",
        "Connection Quota Utilization",
        "The percentage of connections relative to the connection quota.",
        "Percent",
        "Traffic",
        _MEASURED_BOTH_WAYS,
    ),
    MetricDefinition(
        "InboundTraffic", "Inbound Traffic", "The inbound traffic to the service.", "Bytes", "Traffic", _COUNTED
    ),
    MetricDefinition(
        "OutboundTraffic", "Outbound Traffic", "The outbound traffic from the service.", "Bytes", "Traffic", _COUNTED
    ),
    MetricDefinition(
        "RestApiResponseTimeCount",
        "Rest API Response Time",
        "The count of REST API requests by response time and endpoint.",
        "Count",
        "Traffic",
        _COUNTED,
        ("ResponseTime", "RestApiCategory"),
    ),
    MetricDefinition(
        "ServerLoad", "Server Load", "The percentage of server load.", "Percent", "Saturation", _MEASURED_BOTH_WAYS
    ),
    MetricDefinition(
        "TotalConnectionCount",
        "Connection Count",
        "The number of connections to the service.",
        "Count",
        "Traffic",
        _MEASURED,
    ),
)
_BY_NAME = {definition.name.lower(): definition for definition in DEFINITIONS}


def definition_of(name: str) -> MetricDefinition | None:
    """The metric of that name, in any case."""
    return _BY_NAME.get(name.lower())
