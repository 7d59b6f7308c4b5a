"""`linarite ca`: where the development certificate authority is, and how clients are told to trust it."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from linarite.cli.setting_arguments import add_setting_arguments, load_settings, new_parser
from linarite.sockets.certificates import development_certificate, refresh_bundle

__all__ = ["export_lines", "run_ca"]


def run_ca(words: Sequence[str]) -> int:
    """Print the authority's path, certificate or shell lines, and return the exit code."""
    parser = new_parser("ca", "Print the path of the development certificate authority, made now if missing.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--pem", action="store_true", help="print the certificate itself")
    form.add_argument("--export", action="store_true", help="print shell lines that make clients trust it")
    add_setting_arguments(parser, only=("data_folder", "domain", "default_resource"))
    parsed = parser.parse_args(words)
    files = development_certificate(load_settings(parsed).settings)
    if parsed.pem:
        print(files.authority.read_text(), end="")
    elif parsed.export:
        refresh_bundle(files)
        print("\n".join(export_lines(files.authority, files.bundle)))
    else:
        print(files.authority)
    return 0


def export_lines(authority: Path, bundle: Path) -> list[str]:
    """Return shell lines by which Node.js, requests and users of OpenSSL trust the authority.

    Node.js adds the named certificates to its own; the other two variables replace the system's roots, so
    they name the bundle that has both.
    """
    files = {"NODE_EXTRA_CA_CERTS": authority, "REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle}
    return [f"export {variable}={quote(str(file))}" for variable, file in files.items()]
