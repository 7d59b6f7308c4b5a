"""Custom domains over TLS: a client that asks for one sees its certificate, and reaches its resource without a key."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

import pytest
from tests.resources.certificate_files import write_certificate
from tests.running_server import RunningServer, running_server

from linarite.resources.custom_names import with_certificate, with_domain

DOMAIN = "pubsub.example.com"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "certificates").mkdir()
    return tmp_path / "certificates"


def put_certificate(server: RunningServer, folder: Path, secret: str) -> None:
    body = {"properties": {"keyVaultBaseUri": "file:", "keyVaultSecretName": secret}}
    registry = server.registry
    registry.keep(with_certificate(registry.find("rg", "other"), "cert", body, folder, registry.now())[0])


def put_domain(server: RunningServer) -> None:
    reference = {"id": "/customCertificates/cert"}
    body = {"properties": {"domainName": DOMAIN, "customCertificate": reference}}
    registry = server.registry
    registry.keep(with_domain(registry.find("rg", "other"), "one", body, registry.now())[0])


def make_resource(server: RunningServer) -> None:
    server.registry.put_group("rg", {"location": "eastus"})
    server.registry.create_or_update("rg", "other", {"location": "eastus"})


async def get(server: RunningServer, authority: str, path: str) -> bytes:
    """The first line of an answer over TLS, from a client that trusts only this authority and asks for the domain."""
    port = int(next(one for one in server.endpoints if one.startswith("https:")).rpartition(":")[2])
    context = ssl.create_default_context(cadata=authority)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=DOMAIN)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.readline()
    writer.transport.abort()
    return answer


async def test_domain_is_shown_with_its_certificate(tmp_path: Path, folder: Path) -> None:
    first = write_certificate(folder / "first.pem", DOMAIN).decode()
    second = write_certificate(folder / "second.pem", DOMAIN).decode()
    async with running_server(tmp_path, tls_port=0, custom_certificates_folder=folder) as server:
        make_resource(server)
        put_certificate(server, folder, "first")
        put_domain(server)
        assert await get(server, first, "/healthz") == b"HTTP/1.1 200 OK\r\n"
        put_certificate(server, folder, "second")
        assert await get(server, second, "/healthz") == b"HTTP/1.1 200 OK\r\n"
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(server, first, "/healthz")
        server.registry.delete("rg", "other")
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(server, second, "/healthz")


async def test_domain_keeps_its_certificate_through_a_restart_unless_the_file_is_gone(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = write_certificate(folder / "first.pem", DOMAIN).decode()
    async with running_server(tmp_path, tls_port=0, custom_certificates_folder=folder) as server:
        make_resource(server)
        put_certificate(server, folder, "first")
        put_domain(server)
    async with running_server(tmp_path, tls_port=0, custom_certificates_folder=folder) as server:
        assert await get(server, authority, "/healthz") == b"HTTP/1.1 200 OK\r\n"
    (folder / "first.pem").unlink()
    with caplog.at_level(logging.WARNING):
        async with running_server(tmp_path, tls_port=0, custom_certificates_folder=folder) as server:
            with pytest.raises(ssl.SSLCertVerificationError):
                await get(server, authority, "/healthz")
    assert "custom certificate not usable" in caplog.text


async def test_request_to_the_domain_belongs_to_its_resource(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        make_resource(server)
        body = {"properties": {"domainName": DOMAIN}}
        server.registry.keep(with_domain(server.registry.find("rg", "other"), "one", body, server.registry.now())[0])
        path = "/api/hubs/chat/:send?api-version=2024-12-01"
        options = {"headers": {"Host": DOMAIN}}
        answer = await server.rest("POST", path, "hi", "text/plain", **options)
        assert answer.status == 401  # the token is the default resource's
        assert (await server.rest("POST", path, "hi", "text/plain")).status == 202
