"""Puts the parts together: the only package that knows them all, and the life of a server from start to stop."""

from linarite.server.process import run
from linarite.server.server import Server

__all__ = ["Server", "run"]
