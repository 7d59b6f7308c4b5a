"""The TLS side of listening: certificates from files, or those of a development authority of our own.

`linarite dev` makes a certificate authority in the data folder on first use and signs the server's
certificate with it. An official SDK wants https, and a developer trusts this one authority once. Its name
constraints allow it to speak for loopback and the development domain only, so trusting it endangers nothing
else. The folder holds

    authority.pem, authority.key   the authority's certificate, which clients trust, and its private key
    bundle.pem                     the authority and the system's own roots, for settings that replace those
    server.pem                     the server's certificate and private key, in one file so that they match
    record.json                    what the above are valid for

The record lets a start that finds everything in order read no certificate, which would need the cryptography package
(0.1 s). A client may ask for a resource by name, `{resource}.{domain}`. A wildcard is not enough there, since OpenSSL
and Node.js refuse `*.localhost`, so each resource's name stands in the certificate. A resource that comes later
replaces the certificate in the context that is listened with; a server-name callback would do it handshake by
handshake, but is not called by every TLS implementation that an event loop may bring.
"""

import hashlib
import json
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linarite.private_files import exclusive_access, make_private_folder, write_private_file
from linarite.settings import Settings, SettingsError

__all__ = [
    "CertificateFolder",
    "cover_resources",
    "development_certificate",
    "refresh_bundle",
    "server_tls_context",
]

RENEWAL = timedelta(days=30)
"""A certificate that expires sooner is replaced at the start: the server may then run for weeks."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)

NAMES_LIMIT = 200
"""Names in the certificate, which every handshake sends: 200 make it about 6 KB. The oldest leave first."""


@dataclass(frozen=True, slots=True)
class CertificateFolder:
    """The files of the development authority."""

    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> "CertificateFolder":
        """Return the folder that belongs to a data folder."""
        return cls(settings.data_folder / "certificates")

    @property
    def authority(self) -> Path:
        """The authority's certificate, for NODE_EXTRA_CA_CERTS and trust stores."""
        return self.folder / "authority.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's private key."""
        return self.folder / "authority.key"

    @property
    def bundle(self) -> Path:
        """The authority and the system's roots, for REQUESTS_CA_BUNDLE and SSL_CERT_FILE."""
        return self.folder / "bundle.pem"

    @property
    def server(self) -> Path:
        """The server's certificate and private key."""
        return self.folder / "server.pem"

    @property
    def record(self) -> Path:
        """What the certificates are valid for."""
        return self.folder / "record.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the certificates of a folder are valid for."""

    domain: str = ""
    names: tuple[str, ...] = ()
    expires: datetime = LONG_AGO
    authority_expires: datetime = LONG_AGO
    authority_hash: str = ""
    """SHA-256 of authority.pem, so that a crash between two writes leaves nothing unfit in use."""


def server_tls_context(settings: Settings, resources: Iterable[str] = ()) -> ssl.SSLContext:
    """Return the context that the TLS port listens with, valid for the named resources' hosts in development.

    Raises SettingsError for unusable certificate files.
    """
    if settings.certificate_file is not None and settings.certificate_key_file is not None:
        return _context_of_files(settings.certificate_file, settings.certificate_key_file)
    context = _new_context()
    cover_resources(context, settings, resources)
    return context


def cover_resources(context: ssl.SSLContext, settings: Settings, resources: Iterable[str]) -> None:
    """Make new handshakes of a development context accept the host names of these resources too.

    Signing takes about a millisecond of the event loop, and 0.1 s the first time, once for every new name.
    """
    if settings.certificate_file is None:
        added = [f"{resource.lower()}.{settings.domain.lower()}" for resource in resources]
        context.load_cert_chain(development_certificate(settings, added=added).server)


def development_certificate(
    settings: Settings, *, added: Sequence[str] = (), now: datetime | None = None
) -> CertificateFolder:
    """Return the folder with a server certificate that is valid for the settings' names and these."""
    now = now or datetime.now(UTC)
    files = CertificateFolder.of(settings)
    if _is_valid(files, settings, added, now):
        return files
    make_private_folder(settings.data_folder)
    make_private_folder(files.folder)
    with exclusive_access(files.folder):
        if not _is_valid(files, settings, added, now):  # another process may have made them meanwhile
            _make(files, settings, added, now)
    return files


def refresh_bundle(files: CertificateFolder) -> None:
    """Write the bundle from the authority and the roots that the system trusts now."""
    roots = ssl.get_default_verify_paths().cafile
    system = Path(roots).read_bytes() if roots is not None else b""
    write_private_file(files.bundle, files.authority.read_bytes() + system)


def _make(files: CertificateFolder, settings: Settings, added: Sequence[str], now: datetime) -> None:
    from linarite.sockets import development_authority as making  # needs cryptography

    record = _read_record(files)
    if not _is_authority_valid(files, record, settings, now):
        authority = making.make_authority(settings.domain, now)
        write_private_file(files.authority_key, authority.key_pem)
        write_private_file(files.authority, authority.certificate_pem)
        record = Record(authority_expires=authority.expires)
    refresh_bundle(files)
    kept = [name for name in record.names if record.domain == settings.domain]
    names = tuple(dict.fromkeys([*_needed_names(settings, added), *kept]))[:NAMES_LIMIT]
    certificate = making.make_server_certificate(
        files.authority.read_bytes(), files.authority_key.read_bytes(), names, now
    )
    write_private_file(files.server, certificate.certificate_pem + certificate.key_pem)
    _write_record(
        files,
        Record(
            domain=settings.domain,
            names=names,
            expires=certificate.expires,
            authority_expires=record.authority_expires,
            authority_hash=_hash(files.authority),
        ),
    )


def _needed_names(settings: Settings, added: Sequence[str]) -> list[str]:
    domain = settings.domain.lower()
    resource = f"{settings.default_resource.lower()}.{domain}"
    own = ["localhost", "*.localhost", "127.0.0.1", "::1", domain, f"*.{domain}", resource]
    return list(dict.fromkeys([*own, *added]))[:NAMES_LIMIT]


def _is_valid(files: CertificateFolder, settings: Settings, added: Sequence[str], now: datetime) -> bool:
    record = _read_record(files)
    return (
        _is_authority_valid(files, record, settings, now)
        and record.expires - now > RENEWAL
        and record.domain == settings.domain
        and set(_needed_names(settings, added)) <= set(record.names)
        and files.server.exists()
        and files.bundle.exists()
    )


def _is_authority_valid(files: CertificateFolder, record: Record, settings: Settings, now: datetime) -> bool:
    return (
        record.domain == settings.domain
        and record.authority_expires - now > RENEWAL
        and files.authority_key.exists()
        and files.authority.exists()
        and record.authority_hash == _hash(files.authority)
    )


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _read_record(files: CertificateFolder) -> Record:
    """Return the record, or one that is valid for nothing where there is none that can be read."""
    try:
        document = json.loads(files.record.read_bytes())
        return Record(
            domain=document["domain"],
            names=tuple(document["names"]),
            expires=datetime.fromisoformat(document["expires"]),
            authority_expires=datetime.fromisoformat(document["authority_expires"]),
            authority_hash=document["authority_hash"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Record()


def _write_record(files: CertificateFolder, record: Record) -> None:
    document = {
        "domain": record.domain,
        "names": record.names,
        "expires": record.expires.isoformat(),
        "authority_expires": record.authority_expires.isoformat(),
        "authority_hash": record.authority_hash,
    }
    write_private_file(files.record, json.dumps(document, indent=2).encode())


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _context_of_files(certificate: Path, key: Path) -> ssl.SSLContext:
    for setting, file in (("certificate_file", certificate), ("certificate_key_file", key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise SettingsError(setting, "a file that can be read", str(file), error.strerror or "") from None
    context = _new_context()
    try:
        context.load_cert_chain(certificate, key, password=_refuse_passphrase)
    except (ssl.SSLError, ValueError) as error:
        expected = "a PEM certificate and its own private key without a passphrase"
        raise SettingsError("certificate_file", expected, f"{certificate} and {key}", str(error)) from None
    return context


def _refuse_passphrase() -> str:
    """Answer OpenSSL's question for a passphrase, which it would else ask on the terminal and wait."""
    raise ValueError("the private key has a passphrase")
