"""Every setting of Linarite, each declared once, and the reading of their four sources.

A value comes from the first source that has it: command-line argument, environment variable (`LINARITE_…`),
TOML file, default. docs/reference/settings.md is generated from the declarations in this package.
"""

from linarite.settings.declared import Settings
from linarite.settings.definitions import Definition, SettingsError
from linarite.settings.loading import Loaded, definitions, load
from linarite.settings.serving import default_data_folder

__all__ = ["Definition", "Loaded", "Settings", "SettingsError", "default_data_folder", "definitions", "load"]
