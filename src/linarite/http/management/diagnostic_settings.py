"""Operations on a resource's diagnostic settings (`Microsoft.Insights/diagnosticSettings`)."""

from __future__ import annotations

from collections.abc import Sequence

from linarite.http.management.api_versions import any_version
from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import resource_id, system_data
from linarite.http.management.rows import RESOURCE, Row
from linarite.monitoring.diagnostic_settings import METRIC_CATEGORY, DiagnosticSetting
from linarite.monitoring.entries import CATEGORIES
from linarite.monitoring.setting_book import SettingBook
from linarite.resources.errors import ResourceError
from linarite.resources.model import Resource

__all__ = ["diagnostic_rows"]

_SETTINGS = f"{RESOURCE}/providers/Microsoft.Insights/diagnosticSettings"
_CATEGORIES = f"{RESOURCE}/providers/Microsoft.Insights/diagnosticSettingsCategories"


def diagnostic_rows(book: SettingBook) -> Sequence[Row]:
    """The paths of diagnostic settings and their categories. `az` asks for them by several api-versions."""
    operations = _Operations(book)
    setting = {"GET": operations.show, "PUT": operations.create, "DELETE": operations.delete}
    return (
        Row(_SETTINGS, {"GET": operations.list_settings}, any_version),
        Row(f"{_SETTINGS}/{{name}}", setting, any_version),
        Row(_CATEGORIES, {"GET": _list_categories}, any_version),
        Row(f"{_CATEGORIES}/{{name}}", {"GET": _show_category}, any_version),
    )


class _Operations:
    """What can be done with the settings of one book."""

    def __init__(self, book: SettingBook) -> None:
        self._book = book

    def list_settings(self, call: Call) -> Answer:
        """Every setting of the resource; the platform's list has no next page."""
        resource = call.find_resource()
        return Answer(body={"value": [_document(one, resource, call) for one in self._book.of(resource.name)]})

    def show(self, call: Call) -> Answer:
        """One setting."""
        resource = call.find_resource()
        return Answer(body=_document(self._book.find(resource.name, call.parameters["name"]), resource, call))

    def create(self, call: Call) -> Answer:
        """Make or replace a setting; 200 either way, and logs flow when it is answered."""
        resource = call.find_resource()
        return Answer(body=_document(self._book.put(resource.name, call.parameters["name"], call.body), resource, call))

    def delete(self, call: Call) -> Answer:
        """Forget a setting: 200, or 204 when there was none."""
        return Answer(200 if self._book.delete(call.find_resource().name, call.parameters["name"]) else 204)


def _document(setting: DiagnosticSetting, resource: Resource, call: Call) -> dict[str, object]:
    return {
        "id": f"{_owner(resource, call)}/providers/microsoft.insights/diagnosticSettings/{setting.name}",
        "type": "Microsoft.Insights/diagnosticSettings",
        "name": setting.name,
        "properties": setting.properties,
        "systemData": system_data(setting.created_at, setting.changed_at),
    }


def _owner(resource: Resource, call: Call) -> str:
    return resource_id(resource, call.subscription)


def _list_categories(call: Call) -> Answer:
    """The categories that a setting can turn on."""
    resource = call.find_resource()
    return Answer(body={"value": [_category(name, resource, call) for name in (*CATEGORIES, METRIC_CATEGORY)]})


def _show_category(call: Call) -> Answer:
    """One category."""
    resource = call.find_resource()
    wanted = call.parameters["name"]
    for name in (*CATEGORIES, METRIC_CATEGORY):
        if name.lower() == wanted.lower():
            return Answer(body=_category(name, resource, call))
    raise ResourceError("ResourceNotFound", f"The category '{wanted}' of resource '{resource.name}' doesn't exist.")


def _category(name: str, resource: Resource, call: Call) -> dict[str, object]:
    is_metric = name == METRIC_CATEGORY
    audited = name in ("ConnectivityLogs", "HttpRequestLogs")
    groups = [] if is_metric else ["audit", "allLogs"] if audited else ["allLogs"]
    return {
        "id": f"{_owner(resource, call)}/providers/microsoft.insights/diagnosticSettingsCategories/{name}",
        "type": "Microsoft.Insights/diagnosticSettingsCategories",
        "name": name,
        "properties": {"categoryType": "Metrics" if is_metric else "Logs", "categoryGroups": groups},
    }
