"""The development authority and certificates: made once, renewed in time, accepted by strict clients."""

import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from linarite.settings import Settings, SettingsError
from linarite.sockets.certificates import (
    CertificateFolder,
    cover_resources,
    development_certificate,
    refresh_bundle,
    server_tls_context,
)

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
DEADLINE_SECONDS = 20


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Give development settings with a data folder of their own."""
    return Settings(data_folder=tmp_path / "data")


@contextmanager
def answering(context: ssl.SSLContext, connections: int = 1) -> Iterator[int]:
    """Answer so many HTTPS requests on a free port, whose number is given; refused handshakes count too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_SECONDS)
        thread = threading.Thread(target=answer, args=(listener, context, connections))
        thread.start()
        yield listener.getsockname()[1]
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


def answer(listener: socket.socket, context: ssl.SSLContext, connections: int) -> None:
    for _ in range(connections):
        connection, _ = listener.accept()
        connection.settimeout(DEADLINE_SECONDS)
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65536)
                secure.sendall(ANSWER)
        except OSError:
            connection.close()


def handshake(port: int, name: str, authority: Path) -> None:
    """Open a connection with the strictest checks that OpenSSL has, or raise."""
    context = ssl.create_default_context(cafile=str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        secure.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert secure.recv(65536).startswith(b"HTTP/1.1 200")


def names_of(files: CertificateFolder) -> set[str]:
    names = certificate_of(files).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def certificate_of(files: CertificateFolder) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files.server.read_bytes())


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "linarite.localhost"])
def test_a_strict_client_that_trusts_the_authority_accepts_the_server(settings, name):
    with answering(server_tls_context(settings)) as port:
        handshake(port, name, CertificateFolder.of(settings).authority)


def test_a_client_that_does_not_trust_the_authority_refuses_the_server(settings, tmp_path):
    other = development_certificate(Settings(data_folder=tmp_path / "other"))

    with answering(server_tls_context(settings)) as port, pytest.raises(ssl.SSLCertVerificationError):
        handshake(port, "localhost", other.authority)


@pytest.mark.parametrize("name", ["pubsub.test", "linarite.pubsub.test", "chat.pubsub.test", "localhost"])
def test_the_configured_domain_and_its_resources_are_covered(tmp_path, name):
    settings = Settings(data_folder=tmp_path, domain="pubsub.test")

    with answering(server_tls_context(settings)) as port:
        handshake(port, name, CertificateFolder.of(settings).authority)


@pytest.mark.parametrize("url", ["https://localhost:{}/", "https://127.0.0.1:{}/"])
def test_requests_accepts_the_server_with_the_bundle(settings, url):
    context = server_tls_context(settings)

    with answering(context) as port, requests.Session() as session:
        session.trust_env = False
        response = session.get(
            url.format(port), verify=str(CertificateFolder.of(settings).bundle), timeout=DEADLINE_SECONDS
        )

    assert response.text == "ok"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_node_accepts_the_server_with_node_extra_ca_certs(settings, host):
    node = shutil.which("node")
    assert node is not None, "this test needs Node.js"
    program = f"""
        require("https").get("https://{host}:" + process.argv[1], (answer) => {{
            console.log(answer.statusCode);
            answer.resume();
        }}).on("error", (error) => console.log(error.message));
    """
    context = server_tls_context(settings)
    environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(CertificateFolder.of(settings).authority)}

    with answering(context) as port:
        finished = subprocess.run(
            [node, "-e", program, str(port)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    assert finished.stdout == "200\n", finished.stderr


def test_resources_made_later_are_covered_by_the_same_context(settings):
    context = server_tls_context(settings, ["First"])
    authority = CertificateFolder.of(settings).authority

    with answering(context, connections=3) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(port, "second.localhost", authority)
        cover_resources(context, settings, ["First", "second"])
        handshake(port, "second.localhost", authority)
        handshake(port, "first.localhost", authority)


def test_covered_resources_are_remembered_for_the_next_start(settings):
    server_tls_context(settings, ["chat"])

    assert "chat.localhost" in names_of(development_certificate(settings))


def test_a_thousand_resources_do_not_make_a_certificate_too_large_to_send(settings):
    resources = [f"resource-{number}" for number in range(1000)]

    context = server_tls_context(settings, resources)

    assert len(names_of(CertificateFolder.of(settings))) <= 200
    with answering(context) as port:
        handshake(port, "localhost", CertificateFolder.of(settings).authority)
    before = certificate_of(CertificateFolder.of(settings)).serial_number
    cover_resources(context, settings, resources)
    assert certificate_of(CertificateFolder.of(settings)).serial_number == before


def test_the_authority_may_speak_for_loopback_and_the_domain_only(tmp_path):
    files = development_certificate(Settings(data_folder=tmp_path, domain="pubsub.test"))
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())

    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage)
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)

    permitted = {str(name.value) for name in constraints.value.permitted_subtrees or []}
    assert permitted == {"localhost", "pubsub.test", "127.0.0.0/8", "::1/128"}
    assert constraints.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)
    assert (basic.value.ca, basic.value.path_length) == (True, 0)


def test_a_certificate_for_another_site_signed_by_the_authority_is_refused(settings):
    """Whoever steals the authority's key can still not stand in for a bank."""
    from linarite.sockets.development_authority import make_server_certificate

    files = development_certificate(settings)
    stolen = make_server_certificate(
        files.authority.read_bytes(), files.authority_key.read_bytes(), ("bank.example",), datetime.now(UTC)
    )
    files.server.write_bytes(stolen.certificate_pem + stolen.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)

    with (
        answering(context) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"),
    ):
        handshake(port, "bank.example", files.authority)


def test_keys_and_folders_belong_to_their_owner_alone(settings):
    files = development_certificate(settings)

    for file in (files.authority_key, files.server, files.authority, files.bundle, files.record):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(settings.data_folder.stat().st_mode) == 0o700
    assert not [file for file in files.folder.iterdir() if file.name.startswith(".")]


def test_a_second_start_changes_nothing_and_needs_no_cryptography(settings):
    files = development_certificate(settings)
    before = {file: file.read_bytes() for file in files.folder.iterdir()}
    program = (
        "import sys; from pathlib import Path; from linarite.settings import Settings;"
        "from linarite.sockets.certificates import server_tls_context;"
        "server_tls_context(Settings(data_folder=Path(sys.argv[1])));"
        "print('cryptography' in sys.modules)"
    )

    finished = subprocess.run(
        [sys.executable, "-c", program, str(settings.data_folder)], capture_output=True, text=True, check=False
    )

    assert finished.stdout == "False\n", finished.stderr
    assert {file: file.read_bytes() for file in files.folder.iterdir()} == before


@pytest.mark.parametrize(("days", "is_renewed"), [(397 - 31, False), (397 - 29, True), (397 + 1, True)])
def test_the_certificate_is_renewed_within_thirty_days_of_its_end_and_the_authority_kept(settings, days, is_renewed):
    files = development_certificate(settings)
    authority, certificate = files.authority.read_bytes(), certificate_of(files)

    development_certificate(settings, now=datetime.now(UTC) + timedelta(days=days))

    assert (certificate_of(files).serial_number != certificate.serial_number) is is_renewed
    assert files.authority.read_bytes() == authority
    certificate_of(files).verify_directly_issued_by(x509.load_pem_x509_certificate(authority))


def test_an_authority_at_its_end_is_replaced(settings):
    files = development_certificate(settings)
    authority = files.authority.read_bytes()

    development_certificate(settings, now=datetime.now(UTC) + timedelta(days=3640))

    assert files.authority.read_bytes() != authority
    assert files.authority.read_bytes() in files.bundle.read_bytes()


def test_another_domain_gets_another_authority(settings):
    files = development_certificate(settings)
    authority = files.authority.read_bytes()

    development_certificate(Settings(data_folder=settings.data_folder, domain="pubsub.test"))

    assert files.authority.read_bytes() != authority
    assert "pubsub.test" in names_of(files)


def remove(file: str) -> Callable[[CertificateFolder], None]:
    return lambda files: (files.folder / file).unlink()


def write(file: str, content: bytes) -> Callable[[CertificateFolder], None]:
    return lambda files: (files.folder / file).write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        remove("record.json"),
        remove("server.pem"),
        remove("bundle.pem"),
        remove("authority.pem"),
        remove("authority.key"),
        write("record.json", b"{"),
        write("record.json", b"[]"),
        write("record.json", b'{"names": 1}'),
        write("authority.pem", b"another authority"),
    ],
)
def test_a_damaged_folder_is_mended_at_the_next_start(settings, damage):
    damage(development_certificate(settings))

    with answering(server_tls_context(settings)) as port:
        handshake(port, "localhost", CertificateFolder.of(settings).authority)


def test_two_processes_that_start_together_agree_on_one_authority(settings):
    program = (
        "import sys; from pathlib import Path; from linarite.settings import Settings;"
        "from linarite.sockets.certificates import development_certificate;"
        "print(development_certificate(Settings(data_folder=Path(sys.argv[1]))).authority.read_text())"
    )
    command = [sys.executable, "-c", program, str(settings.data_folder)]

    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as one,
        subprocess.Popen(command, stdout=subprocess.PIPE) as other,
    ):
        outputs = {one.communicate(timeout=DEADLINE_SECONDS)[0], other.communicate(timeout=DEADLINE_SECONDS)[0]}

    assert len(outputs) == 1
    with answering(server_tls_context(settings)) as port:
        handshake(port, "localhost", CertificateFolder.of(settings).authority)


def test_the_bundle_has_the_systems_roots_and_the_authority(settings, tmp_path, monkeypatch):
    roots = tmp_path / "roots.pem"
    roots.write_bytes(b"# the system's roots\n")
    monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(roots))
    files = development_certificate(settings)

    refresh_bundle(files)

    assert files.bundle.read_bytes() == files.authority.read_bytes() + b"# the system's roots\n"


@pytest.fixture
def certificate_files(settings, tmp_path) -> tuple[Path, Path]:
    """Give certificate and key files as an operator has them."""
    files = development_certificate(settings)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    text = files.server.read_text()
    middle = text.index("-----BEGIN PRIVATE KEY-----")
    certificate.write_text(text[:middle])
    key.write_text(text[middle:])
    return certificate, key


def test_certificate_files_are_served_and_no_authority_is_made(certificate_files, settings, tmp_path):
    certificate, key = certificate_files
    serving = Settings(
        mode="serve", data_folder=tmp_path / "serve", certificate_file=certificate, certificate_key_file=key
    )

    context = server_tls_context(serving, ["chat"])
    cover_resources(context, serving, ["more"])

    with answering(context) as port:
        handshake(port, "localhost", CertificateFolder.of(settings).authority)
    assert not serving.data_folder.exists()


def test_the_context_refuses_tls_1_1_and_offers_http_1_1_only(settings):
    context = server_tls_context(settings)

    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    client = ssl.create_default_context(cafile=str(CertificateFolder.of(settings).authority))
    client.set_alpn_protocols(["h2", "http/1.1"])
    with (
        answering(context) as port,
        socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS) as plain,
        client.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "http/1.1"
        secure.sendall(b"GET / HTTP/1.1\r\n\r\n")
        secure.recv(65536)


def test_a_missing_certificate_file_is_refused_by_its_setting(certificate_files, tmp_path):
    _, key = certificate_files
    settings = Settings(certificate_file=tmp_path / "absent.pem", certificate_key_file=key)

    with pytest.raises(SettingsError, match=r"^certificate_file: expected a file that can be read, got '.*absent.pem'"):
        server_tls_context(settings)


def test_a_key_that_is_not_the_certificates_is_refused(certificate_files, tmp_path):
    certificate, _ = certificate_files
    other = development_certificate(Settings(data_folder=tmp_path / "other"))

    with pytest.raises(SettingsError, match=r"^certificate_file: expected a PEM certificate and its own private key"):
        server_tls_context(Settings(certificate_file=certificate, certificate_key_file=other.server))


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it(certificate_files):
    certificate, key = certificate_files
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"passphrase")
    key.write_bytes(loaded.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))

    with pytest.raises(SettingsError, match="without a passphrase"):
        server_tls_context(Settings(certificate_file=certificate, certificate_key_file=key))
