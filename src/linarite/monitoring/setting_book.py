"""The diagnostic settings of all resources, in memory and in the store; a change applies at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from linarite.monitoring.diagnostic_settings import DiagnosticSetting, parse_setting, restore_setting
from linarite.resources.errors import ResourceError
from linarite.resources.model import JsonObject, Resource
from linarite.resources.registry import Registry
from linarite.resources.store import Store, StoredDocument

__all__ = ["SETTINGS_LIMIT", "SettingBook"]

SETTINGS_LIMIT = 5
"""Diagnostic settings a resource ("Diagnostic settings in Azure Monitor": "Each resource can have up to five")."""

_KIND = "diagnostic setting"


class SettingBook:
    """Finds and changes diagnostic settings, and tells of each change.

    They are deleted with their resource: one of the same name that is made later begins without.
    """

    def __init__(self, store: Store, registry: Registry, *, has_collector: bool) -> None:
        """`has_collector` tells whether the setting otlp_endpoint is set."""
        self._store = store
        self._has_collector = has_collector
        self._settings: dict[str, dict[str, DiagnosticSetting]] = {}
        self._subscribers: list[Callable[[str], None]] = []
        for document in store.documents(_KIND):
            self._settings.setdefault(document.owner, {})[document.key] = restore_setting(document.content)
        for owner in [name for name in self._settings if registry.get(name) is None]:
            self._resource_changed(owner, None)
        registry.subscribe(self._resource_changed)

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called with a resource's name, in lower case, after each change of its settings."""
        self._subscribers.append(callback)

    def of(self, resource: str) -> Sequence[DiagnosticSetting]:
        """The settings of a resource, oldest first."""
        return tuple(self._settings.get(resource.lower(), {}).values())

    def all(self) -> Mapping[str, Sequence[DiagnosticSetting]]:
        """Every resource's settings, by its name in lower case."""
        return {name: tuple(settings.values()) for name, settings in self._settings.items()}

    def find(self, resource: str, name: str) -> DiagnosticSetting:
        """The setting of that name. Raises ResourceError."""
        found = self._settings.get(resource.lower(), {}).get(name.lower())
        if found is None:
            message = f"The diagnostic setting '{name}' of resource '{resource}' doesn't exist."
            raise ResourceError("ResourceNotFound", message)
        return found

    def put(self, resource: str, name: str, body: JsonObject) -> DiagnosticSetting:
        """Make or replace a setting. Raises ResourceError."""
        owner = resource.lower()
        known = self._settings.get(owner, {})
        setting = parse_setting(name, body, datetime.now(UTC), has_collector=self._has_collector)
        before = known.get(name.lower())
        if before is not None:
            setting = replace(setting, name=before.name, created_at=before.created_at)
        elif len(known) >= SETTINGS_LIMIT:
            message = f"The resource '{resource}' has {SETTINGS_LIMIT} diagnostic settings, the most that it may have."
            raise ResourceError("BadRequest", message, "name")
        _refuse_shared_sinks(setting, [one for key, one in known.items() if key != name.lower()])
        self._store.save_document(StoredDocument(_KIND, owner, name.lower(), _content(setting)))
        self._settings.setdefault(owner, {})[name.lower()] = setting
        self._tell(owner)
        return setting

    def delete(self, resource: str, name: str) -> bool:
        """Forget a setting; False when there is none of that name."""
        owner = resource.lower()
        if name.lower() not in self._settings.get(owner, {}):
            return False
        self._store.delete_document(_KIND, owner, name.lower())
        del self._settings[owner][name.lower()]
        self._tell(owner)
        return True

    def _resource_changed(self, name: str, resource: Resource | None) -> None:
        owner = name.lower()
        if resource is None:
            for key in self._settings.pop(owner, {}):
                self._store.delete_document(_KIND, owner, key)
        self._tell(owner)

    def _tell(self, owner: str) -> None:
        for callback in self._subscribers:
            callback(owner)


def _refuse_shared_sinks(setting: DiagnosticSetting, others: Sequence[DiagnosticSetting]) -> None:
    """The platform's rule: one destination gets a category of a resource once."""
    for other in others:
        for target in setting.targets:
            shared = [category.value for category in setting.logs if category in other.logs]
            if target in other.targets and shared:
                raise ResourceError(
                    "Conflict",
                    f"Data sink '{target.name}' is already used in diagnostic setting '{other.name}' for category "
                    f"'{shared[0]}'. Data sinks can't be reused in different settings on the same category for the "
                    "same resource.",
                    "properties",
                )


def _content(setting: DiagnosticSetting) -> JsonObject:
    return {
        "name": setting.name,
        "properties": dict(setting.properties),
        "createdAt": setting.created_at.isoformat(),
        "changedAt": setting.changed_at.isoformat(),
    }
