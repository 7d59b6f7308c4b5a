"""Counts calls of the data plane, and refuses those that come too fast or whose message quota is used up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import ceil

from linarite.domain.rates import Buckets, RateLimit
from linarite.http.data_plane.errors import ApiError, plain
from linarite.http.data_plane.operations import Operations
from linarite.http.data_plane.routes import Operation
from linarite.monitoring.logs import log_event
from linarite.monitoring.meters import Meter, Meters
from linarite.monitoring.metric_definitions import RestApiCategory

__all__ = ["CallMeter", "CallMetering", "category_of"]

_log = logging.getLogger(__name__)

_TOO_MANY = "Error.TooManyRequests"
_SENDS = frozenset(
    (Operations.send_to_all, Operations.send_to_group, Operations.send_to_user, Operations.send_to_connection)
)
_CATEGORIES: dict[Operation, RestApiCategory] = {
    Operations.health: RestApiCategory.HEALTH_CHECK,
    Operations.send_to_all: RestApiCategory.SEND_TO_ALL,
    Operations.send_to_group: RestApiCategory.SEND_TO_GROUP,
    Operations.send_to_user: RestApiCategory.SEND_TO_USER,
    Operations.send_to_connection: RestApiCategory.SEND_TO_CONNECTION,
    Operations.connection_exists: RestApiCategory.CHECK_CONNECTION_EXISTS,
    Operations.user_exists: RestApiCategory.CHECK_USER_EXISTS,
    Operations.group_exists: RestApiCategory.CHECK_GROUP_EXISTS,
    Operations.user_in_group: RestApiCategory.CHECK_USER_EXISTS_IN_GROUP,
    Operations.close_connection: RestApiCategory.CLOSE_CONNECTION,
    Operations.close_all: RestApiCategory.CLOSE_ALL_CONNECTIONS,
    Operations.close_group: RestApiCategory.CLOSE_GROUP_CONNECTIONS,
    Operations.close_user: RestApiCategory.CLOSE_USER_CONNECTIONS,
    Operations.add_connection_to_group: RestApiCategory.ADD_CONNECTION_TO_GROUP,
    Operations.remove_connection_from_group: RestApiCategory.REMOVE_CONNECTION_FROM_GROUP,
    Operations.remove_connection_from_all_groups: RestApiCategory.REMOVE_CONNECTION_FROM_ALL_GROUPS,
    Operations.add_connections_to_groups: RestApiCategory.ADD_CONNECTIONS_TO_GROUPS,
    Operations.remove_connections_from_groups: RestApiCategory.REMOVE_CONNECTIONS_FROM_GROUPS,
    Operations.add_user_to_group: RestApiCategory.ADD_USER_TO_GROUP,
    Operations.remove_user_from_group: RestApiCategory.REMOVE_USER_FROM_GROUP,
    Operations.remove_user_from_all_groups: RestApiCategory.REMOVE_USER_FROM_ALL_GROUPS,
    Operations.list_connections_in_group: RestApiCategory.LIST_CONNECTIONS_IN_GROUP,
    Operations.grant_permission: RestApiCategory.GRANT_PERMISSION,
    Operations.revoke_permission: RestApiCategory.REVOKE_PERMISSION,
    Operations.check_permission: RestApiCategory.CHECK_PERMISSION,
    Operations.generate_client_token: RestApiCategory.GENERATE_CLIENT_TOKEN,
}


def category_of(operation: Operation) -> RestApiCategory:
    """The service's category of an operation."""
    return _CATEGORIES.get(operation, RestApiCategory.UNCATEGORIZED)


class CallMeter:
    """One call: where it is counted, and as what. Without a resource it is counted nowhere."""

    __slots__ = ("_clock", "_started", "category", "meter")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self.meter: Meter | None = None
        self.category = RestApiCategory.UNCATEGORIZED

    def took(self, size: int) -> None:
        """So many bytes of the body were read."""
        if self.meter is not None:
            self.meter.traffic.inbound_bytes += size

    def answered(self) -> None:
        """The answer is written."""
        if self.meter is not None:
            self.meter.rest_call(self.category, self._clock() - self._started)


class CallMetering:
    """The meters of all resources' calls, and the limits on them."""

    def __init__(self, meters: Meters, clock: Callable[[], float], rate: RateLimit) -> None:
        """`clock` is the event loop's; `rate` is for each resource."""
        self._meters = meters
        self._clock = clock
        self._rates = Buckets(rate) if rate.is_limited else None

    def begin(self) -> CallMeter:
        """A call's head has come."""
        return CallMeter(self._clock)

    def addressed(self, call: CallMeter, resource: str) -> None:
        """The call belongs to this resource."""
        call.meter = self._meters.of(resource)

    def admit(self, call: CallMeter, resource: str, operation: Operation) -> None:
        """Let in a call whose token is good. Raises ApiError with status 429 if it is one too many."""
        meter = call.meter
        assert meter is not None
        if self._rates is not None and (wait := self._rates.wait(resource.lower(), self._clock())):
            meter.call_refused()
            log_event(_log, logging.DEBUG, "call refused", resource=resource, check="rate")
            message = f"The resource `{resource}` takes no more calls just now."
            raise _with_retry_after(plain(429, _TOO_MANY, message), ceil(wait))
        if meter.traffic.is_used_up and operation in _SENDS:
            meter.traffic.refused_sends += 1
            message = f"Message count reaches limit: the quota of the resource `{resource}` for today (UTC) is used up."
            # No Retry-After: official clients would wait for it, until midnight.
            raise plain(429, _TOO_MANY, message)


def _with_retry_after(error: ApiError, seconds: int) -> ApiError:
    error.headers = (("retry-after", str(seconds)),)
    return error
