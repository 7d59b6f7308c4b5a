"""Linarite: Azure Web PubSub that you host yourself."""

__all__ = ["__version__"]

__version__ = "0.1.0"
