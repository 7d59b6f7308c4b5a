"""Keeps the well-known development key from guarding anything that others can reach."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest

from linarite.resources.development import DEVELOPMENT_ACCESS_KEY
from linarite.settings import Settings, SettingsError

__all__ = ["check_serving"]


def check_serving(settings: Settings, resource_keys: Mapping[str, Iterable[str]]) -> None:
    """Raise SettingsError where an address that is not loopback is guarded by the development key.

    `resource_keys` has the access keys of each resource by its name. Everybody knows the development key,
    so a server that others can reach must not accept it. A data folder that `linarite dev` has used holds
    it.
    """
    if settings.is_loopback_only:
        return
    for name, keys in resource_keys.items():
        if any(compare_digest(key.encode(), DEVELOPMENT_ACCESS_KEY.encode()) for key in keys):
            expected = (
                f"a loopback address, since the resource {name} has the development key, which everybody "
                "knows; regenerate that key or use another data folder"
            )
            raise SettingsError("host", expected, settings.host, f"data folder {settings.data_folder}")
