"""One server: its parts, its start and its stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING

from linarite import __version__
from linarite.access.assembly import open_access
from linarite.cli.banner import BannerFacts, banner
from linarite.cluster.local import LocalBackplane
from linarite.domain.commands import HubAddress
from linarite.domain.rates import RateLimit
from linarite.events.call_log import CallLog
from linarite.events.counters import EventCounters
from linarite.events.dispatcher import Upstream
from linarite.events.file_checks import check_upstream_files
from linarite.events.limits import limits_of
from linarite.http.application import Application
from linarite.http.asgi import App
from linarite.http.authority.routes import authority_routes
from linarite.http.authority.tenant_keys import TenantKeys
from linarite.http.call_spans import CallSpans
from linarite.http.console.assembly import Console, ConsoleParts
from linarite.http.console.counters import CounterSources
from linarite.http.cors import LOCAL_ORIGINS, Cors
from linarite.http.data_plane.app import DataPlane
from linarite.http.data_plane.metering import CallMetering
from linarite.http.data_plane.operations import Operations
from linarite.http.data_plane.requests import Limits
from linarite.http.development.assembly import Development, refusing_routes
from linarite.http.event_calls import event_call_routes
from linarite.http.management.diagnostic_settings import diagnostic_rows
from linarite.http.management.metrics import metric_rows
from linarite.http.management.routes import management_routes
from linarite.http.metric_families import HubSize, MetricSources
from linarite.http.metrics import metric_routes
from linarite.http.request_log import RequestLog
from linarite.http.workspaces import Workspaces, workspace_routes
from linarite.hubs.delivery import Delivery
from linarite.hubs.directory import Directory
from linarite.hubs.hub import Hub, HubLimits
from linarite.hubs.live_trace import LiveTrace, Trace
from linarite.hubs.message_trace import MessageTrace
from linarite.hubs.taps import Taps
from linarite.monitoring.destinations import Destinations
from linarite.monitoring.live_feed import LiveFeed
from linarite.monitoring.logs import log_event
from linarite.monitoring.measuring import Measuring
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.setting_book import SettingBook
from linarite.monitoring.spans import SpanBuffer
from linarite.resources.model import EventHandler
from linarite.resources.sqlite import DATABASE_NAME, SqliteStore
from linarite.server.listening import Listeners, ServerFile
from linarite.server.opening import Hubs, open_registry
from linarite.settings import Settings, SettingsError
from linarite.sockets.certificates import CertificateFolder, cover_resources, server_tls_context
from linarite.sockets.custom_certificates import CustomCertificates
from linarite.sockets.forwarded import TrustedProxies
from linarite.sockets.keep_alive import KeepAlive
from linarite.sockets.reception import Parts, Reception
from linarite.sockets.resource_ends import ResourceEnds
from linarite.sockets.upgrade import Doorman
from linarite.sockets.upstream_events import UpstreamEvents

if TYPE_CHECKING:
    from linarite.http.telemetry import Telemetry

__all__ = ["Server"]

_log = logging.getLogger(__name__)

# What is still to be said to event handlers gets the time that the service gives it, or half of what is left.
_EVENTS_SECONDS = 10.0

# A destination of resource logs gets so long to take what waits for it: a disk needs a moment, a dead collector all.
_LOGS_SECONDS = 3.0


class Server:
    """One process's server: start it, and stop it in good order."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, hubs: Hubs = MappingProxyType({})) -> None:
        self._settings = settings
        self._loop = loop
        self._store = SqliteStore(settings.data_folder / DATABASE_NAME)
        try:
            self._registry = open_registry(self._store, settings, hubs)
        except BaseException:
            self._store.close()
            raise
        self._measuring = Measuring(settings, self._registry, self._store)
        self._event_counters = EventCounters(self._measuring.meters.traffic_of)
        self._spans = None
        if settings.otlp_endpoint is not None:
            self._spans = SpanBuffer(settings.otlp_spans_limit, settings.otlp_traces_ratio)
        self._telemetry: Telemetry | None = None
        self._development = Development(settings, loop, self._registry) if settings.mode == "dev" else None
        self._event_calls: CallLog | None = None if self._development is None else self._development.calls
        has_collector = settings.otlp_endpoint is not None
        self._setting_book = SettingBook(self._store, self._registry, has_collector=has_collector)
        self._logs = ResourceLogs(self._registry, self._setting_book, Destinations(settings))
        self._feed = LiveFeed(settings.console_feeds, settings.console_messages_per_second)
        new_events = UpstreamEvents if self._development is None else self._development.events
        self._events = new_events(self._registry, self._open_upstream, self._logs)
        hub_limits = HubLimits(settings.permission_targets_limit, settings.connection_groups_limit)
        self._directory = Directory(
            loop.call_soon,
            hub_limits,
            self._events,
            self._measuring.meters.traffic_of,
            self._trace_of,
        )
        self._logs.subscribe(self._directory.trace_anew)
        self._taps = Taps(self._feed, self._directory)
        self._feed.subscribe(self._looked_at)
        nowhere = HubAddress("", "")
        empty = Hub(nowhere, Delivery(loop.call_soon), hub_limits, self._events)
        self._backplane = LocalBackplane(self._directory, empty)
        self._keep_alive = KeepAlive(loop, settings.keep_alive_missed_intervals)
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._tenant_keys = TenantKeys(limits_of(settings))
        try:
            self._access = open_access(
                settings, self._registry, self._tenant_keys.fetch, clock=time.time, loop_clock=loop.time
            )
        except BaseException:
            self._store.close()
            raise
        self._entrance = self._access.entrance
        parts = Parts(
            self._registry,
            self._entrance,
            self._directory,
            self._backplane,
            self._keep_alive,
            self._proxies,
            self._events,
            self._measuring.meters,
            self._logs,
        )
        self._reception = Reception(parts, settings, loop)
        self._console = self._open_console() if settings.console != "off" else None
        self._doorman: Doorman = self._reception
        if self._development is not None:
            self._reception.new_socket = self._development.lines.new_socket
            self._doorman = self._development.doorman(self._reception, self._directory)
        self._registry.subscribe(self._reception.close_resource)
        ends = ResourceEnds(self._directory)
        self._registry.subscribe(ends.changed)
        self._registry.on_restart(ends.restarted)
        self._listeners = Listeners(settings, loop, self._doorman)
        self._server_file = ServerFile(settings.data_folder)
        self._tls: ssl.SSLContext | None = None
        self._measurer: asyncio.Task[None] | None = None
        self._exporter: asyncio.Task[None] | None = None

    @property
    def endpoints(self) -> list[str]:
        """Where clients and applications reach the server, http first."""
        return self._listeners.endpoints

    # Starting

    async def start(self) -> None:
        """Listen; when this returns, connections are accepted and `server.json` says where."""
        settings = self._settings
        check_upstream_files(settings)
        application = self._application()
        if settings.port is not None:
            await self._listeners.open(application, settings.port, None)
        if settings.serves_tls and settings.tls_port is not None:
            self._tls = server_tls_context(settings, [resource.name for resource in self._registry.all()])
            self._registry.subscribe(self._cover_resources)
            CustomCertificates(self._registry, settings.custom_certificates_folder).attach(self._tls)
            await self._listeners.open(application, settings.tls_port, self._tls)
        if not self.endpoints:
            raise SettingsError("port", "a port to listen on, here or in tls_port with a certificate", None, "settings")
        # In tokens, so that it may not change with the address that somebody asks for one by; https if it is there.
        self._access.authority.name = f"{settings.public_endpoint or self.endpoints[-1]}/adfs"
        if self._access.tenant is not None:
            self._access.tenant.start()
        self._measurer = self._loop.create_task(self._measuring.run())
        if settings.otlp_endpoint is not None and self._spans is not None:
            # Imported when it is wanted: most servers have no collector.
            from linarite.http.telemetry import Telemetry

            seconds, instance = settings.otlp_interval_seconds, self.endpoints[0]
            sources = self._metric_sources()
            self._telemetry = Telemetry(settings.otlp_endpoint, seconds, sources, self._spans, instance)
            self._exporter = self._loop.create_task(self._telemetry.run())
        self._server_file.write(self.endpoints)
        log_event(_log, logging.INFO, "server started", endpoints=", ".join(self.endpoints), mode=settings.mode)

    def _data_plane(self) -> App:
        settings = self._settings
        limits = Limits(
            settings.message_limit_bytes, settings.filter_limit_bytes, settings.filter_depth, settings.excluded_limit
        )
        operations = Operations(
            self._backplane, self._loop.time, public_endpoint=settings.public_endpoint, logs=self._logs
        )
        calls_per_second = settings.rest_calls_per_second
        rate = RateLimit(calls_per_second, calls_per_second * settings.rate_burst_seconds)
        metering = CallMetering(self._measuring.meters, self._loop.time, rate)
        data_plane: App = DataPlane(self._entrance, operations, self._proxies, limits, metering)
        if self._development is not None:
            data_plane = self._development.data_plane(data_plane)
        allowed = settings.cors_allowed_origins
        if allowed is None:
            allowed = LOCAL_ORIGINS if settings.mode == "dev" else ()
        answering: App = RequestLog(data_plane, self._logs, self._entrance, self._proxies)
        if self._spans is not None:
            answering = CallSpans(answering, self._spans)
        return Cors(answering, allowed)

    def _application(self) -> Application:
        settings = self._settings
        data_plane = self._data_plane()
        access = self._access
        calls = event_call_routes(
            access.management,
            access.audit,
            self._proxies,
            self._event_calls,
            lambda number: self._events.upstream.replay(number),
        )
        metrics = metric_routes(access.management, self._metric_sources())
        workspaces = workspace_routes(access.management, Workspaces(self._logs, settings.data_folder))
        authority = authority_routes(self._registry, settings, access, self._check_handler)
        measured = metric_rows(self._measuring.history, settings.metrics_minutes_kept, self._measuring.now)
        more = [*diagnostic_rows(self._setting_book), *measured]
        management = management_routes(
            self._registry, settings, access.management, access.audit, self._check_handler, more
        )
        development = refusing_routes()
        if self._development is not None:
            development = self._development.routes(access.management, self._directory, self._backplane)
        routes = [*development, *calls, *metrics, *workspaces, *authority, *management]
        if self._console is not None:
            routes = [*self._console.routes(), *routes]
        around = None if self._console is None else self._console.around
        return Application(data_plane, routes, lambda: not self._reception.is_draining, around)

    def _open_console(self) -> Console:
        parts = ConsoleParts(
            registry=self._registry,
            access=self._access,
            backplane=self._backplane,
            live_hubs=lambda: (at for at, _ in self._directory),
            traffic_of=self._measuring.meters.traffic_of,
            feed=self._feed,
            counters=CounterSources(self._measuring.meters, self._event_counters, self._feed),
            calls=self._event_calls,
            replay=lambda number, url: self._events.upstream.replay(number, url),
            workspaces=Workspaces(self._logs, self._settings.data_folder),
        )
        return Console(self._settings, parts)

    def _trace_of(self, at: HubAddress) -> Trace | None:
        """What tells the resource logs and those who look on of a hub's messages; None while nobody wants to know."""
        recorder = self._logs.messaging.get(at.resource)
        logs = None
        if recorder is not None:
            logs = MessageTrace(at.hub, recorder, self._settings.resource_log_receivers, self._logs)
        return LiveTrace(at, self._feed, logs, self._directory) if self._feed.counts_messages else logs

    def _looked_at(self) -> None:
        """Somebody begins or ceases to look on."""
        self._logs.show_to(self._feed if self._feed.wants_logs else None)
        self._directory.trace_anew()
        self._taps.renew()

    def _metric_sources(self) -> MetricSources:
        spans = self._spans
        dropped = (lambda: spans.dropped) if spans is not None else int
        return MetricSources(
            self._measuring, self._hub_sizes, self._event_counters, dropped, lambda: self._logs.dropped
        )

    def _hub_sizes(self) -> Iterator[HubSize]:
        """How many connections each hub has."""
        return (HubSize(at.resource, at.hub, len(hub)) for at, hub in self._directory)

    async def _check_handler(self, handler: EventHandler, hub: str, origin: str) -> str | None:
        """Why an event handler that has been saved would get no events."""
        return await self._events.upstream.check(handler, hub, origin)

    def _open_upstream(self) -> Upstream:
        # Imported when a hub first has event handlers: most servers have none, and it takes a tenth of a start's time.
        from linarite.events.assembly import open_upstream

        return open_upstream(
            limits_of(self._settings),
            self._registry.get,
            counters=self._event_counters,
            spans=self._spans,
            calls=self._event_calls,
            resource_logs=self._logs,
            faults=None if self._development is None else self._development.book,
        )

    def _cover_resources(self, _name: str, _resource: object) -> None:
        """A resource of that name has a host name of its own, which the development certificate shall cover."""
        if self._tls is not None:
            cover_resources(self._tls, self._settings, [resource.name for resource in self._registry.all()])

    def banner(self) -> str:
        """What is printed once the server is ready."""
        settings = self._settings
        is_dev = settings.mode == "dev"
        strings = []
        if is_dev:
            key = self._registry.default.keys.primary
            strings = [f"Endpoint={endpoint};AccessKey={key};Version=1.0;" for endpoint in self.endpoints]
        has_authority = self._tls is not None and settings.certificate_file is None
        certificates = CertificateFolder.of(settings)
        return banner(
            BannerFacts(
                version=__version__,
                mode=settings.mode,
                endpoints=self.endpoints,
                connection_strings=strings,
                authority=certificates.authority if has_authority else None,
                bundle=certificates.bundle if has_authority else None,
                console=self._console_link(),
                health_url=f"{self.endpoints[0]}/healthz",
                data_folder=settings.data_folder,
            )
        )

    def _console_link(self) -> str | None:
        """Where the console is; only a developer's terminal is shown what signs in."""
        if self._console is None:
            return None
        endpoint = self.endpoints[0]
        return self._console.link(endpoint) if self._settings.mode == "dev" else f"{endpoint}/"

    # Stopping

    async def stop(self) -> None:
        """Take no more connections, close the open ones over the drain time, end the calls under way."""
        log_event(_log, logging.INFO, "server stopping", drain_seconds=self._settings.drain_seconds)
        until = self._loop.time() + self._settings.shutdown_seconds
        self._feed.end()
        if self._development is not None:
            self._development.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._reception.drain(self._settings.drain_seconds)
                if self._access.tenant is not None:
                    await self._access.tenant.close()
                await self._tenant_keys.close()
                await self._events.close(min(_EVENTS_SECONDS, (until - self._loop.time()) / 2))
                await self._listeners.close()
        self._keep_alive.stop()
        for task in (self._measurer, self._exporter):
            if task is not None:
                task.cancel()
        if self._telemetry is not None:
            await self._telemetry.close()
        log_event(_log, logging.INFO, "server stopped")

    def close(self) -> None:
        """Give back what stands in the data folder."""
        self._server_file.remove()
        self._measuring.close()
        self._logs.close(_LOGS_SECONDS)
        self._store.close()
