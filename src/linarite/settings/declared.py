"""All settings of a server in one value."""

from dataclasses import dataclass

from linarite.settings.connections import ConnectionSettings
from linarite.settings.console import ConsoleSettings
from linarite.settings.development import DevelopmentSettings
from linarite.settings.event_handlers import EventHandlerSettings
from linarite.settings.monitoring import MonitoringSettings
from linarite.settings.resources import ResourceSettings
from linarite.settings.serving import ServingSettings

__all__ = ["Settings"]


# Of several bases a dataclass takes the last one's fields first: that is the order of the reference page.
@dataclass(frozen=True, kw_only=True)
class Settings(
    ConsoleSettings,
    DevelopmentSettings,
    MonitoringSettings,
    EventHandlerSettings,
    ConnectionSettings,
    ResourceSettings,
    ServingSettings,
):
    """The settings of one server; without arguments, the defaults of `linarite dev`."""
