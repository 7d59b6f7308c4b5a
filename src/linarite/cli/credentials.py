"""`linarite token` and `linarite application`: the credentials in a data folder, on the server's own machine.

They write files, so that they work with a stopped server as well; a running one heeds them from its next request on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from linarite.access.administrator import administrator_token, rotate_administrator_token
from linarite.access.applications import Application, ApplicationError, Applications
from linarite.access.authority import TENANT_ID
from linarite.access.roles import Assignment, Role, parse_role
from linarite.access.signing_key import rotate_signing_key
from linarite.cli.server_record import NoServer, https_endpoint
from linarite.cli.setting_arguments import add_setting_arguments, load_settings, new_parser
from linarite.private_files import make_private_folder

__all__ = ["run_application", "run_token"]


def run_token(words: Sequence[str]) -> int:
    """Show or rotate the administrator's credential and return the exit code."""
    parser = new_parser("token", "Show the administrator's credential, or put a new one in its place.")
    parser.epilog = "Tokens of clients and of calls: linarite token make --help, linarite token explain --help."
    parser.add_argument("action", choices=("show", "rotate"))
    parser.add_argument(
        "--signing-key",
        action="store_true",
        help="rotate: a new key for the authority's tokens as well, which ends those of all applications",
    )
    add_setting_arguments(parser, only=("data_folder",))
    parsed = parser.parse_args(words)
    folder = _folder(parsed)
    if parsed.action == "show":
        try:
            print(administrator_token(folder))
        except ValueError as error:
            return _failed(error)
        return 0
    if parsed.signing_key:
        rotate_signing_key(folder)
    print(rotate_administrator_token(folder))
    return 0


def run_application(words: Sequence[str]) -> int:
    """Make, list, renew or delete applications and return the exit code."""
    parser = new_parser("application", "Applications that sign in at the server's authority, and their roles.")
    parser.add_argument("action", choices=("create", "list", "reset", "delete"))
    parser.add_argument("--name", "-n", metavar="NAME", help="the application; reset and delete take its id, too")
    parser.add_argument(
        "--role",
        action="append",
        metavar="ROLE",
        help=f"create: {', '.join(Role)}; may be given several times; default: {Role.SERVICE_OWNER}",
    )
    parser.add_argument("--resource", metavar="NAME", help="create: the one resource that its service roles are for")
    parser.add_argument(
        "--export",
        action="store_true",
        help="create, reset: print shell lines by which DefaultAzureCredential signs in as the application",
    )
    parser.add_argument(
        "--endpoint", metavar="URL", help="--export: the server's https address; default: the running one"
    )
    add_setting_arguments(parser, only=("data_folder",))
    parsed = parser.parse_args(words)
    if parsed.action != "list" and not parsed.name:
        parser.error("argument --name: expected an application")
    try:
        folder = _folder(parsed)
        endpoint = (parsed.endpoint or https_endpoint(folder)) if parsed.export else ""
        answer = _act(Applications(folder), parsed)
    except (ApplicationError, NoServer, ValueError) as error:
        return _failed(error)
    if isinstance(answer, Secret) and parsed.export:
        print("\n".join(_export_lines(answer, endpoint.rstrip("/"))))
    elif answer is not None:
        print(json.dumps(answer if isinstance(answer, list) else answer.document(), indent=2))
    return 0


@dataclass(frozen=True, slots=True)
class Secret:
    """An application with its new secret, which nothing shows again."""

    application: Application
    secret: str = field(repr=False)

    def document(self) -> dict[str, str]:
        """What `az ad sp create-for-rbac` prints."""
        return {
            "appId": self.application.client_id,
            "displayName": self.application.name,
            "password": self.secret,
            "tenant": TENANT_ID,
        }


def _act(applications: Applications, parsed: argparse.Namespace) -> Secret | list[dict[str, object]] | None:
    match parsed.action:
        case "create":
            roles = [parse_role(role) for role in parsed.role or (Role.SERVICE_OWNER,)]
            return Secret(*applications.create(parsed.name, [_assignment(role, parsed) for role in roles]))
        case "reset":
            return Secret(*applications.renew_secret(parsed.name))
        case "delete":
            applications.delete(parsed.name)
            return None
        case _:
            return [_shown(application) for application in applications.all()]


def _export_lines(made: Secret, endpoint: str) -> list[str]:
    """What EnvironmentCredential reads; with the tenant `adfs` no library asks Microsoft's own hosts."""
    variables = {
        "AZURE_AUTHORITY_HOST": endpoint,
        "AZURE_TENANT_ID": "adfs",
        "AZURE_CLIENT_ID": made.application.client_id,
        "AZURE_CLIENT_SECRET": made.secret,
    }
    return [f"export {name}={quote(value)}" for name, value in variables.items()]


def _assignment(role: Role, parsed: argparse.Namespace) -> Assignment:
    is_for_resources = role in (Role.SERVICE_OWNER, Role.SERVICE_READER)
    if parsed.resource is not None and not is_for_resources:
        raise ApplicationError(f"--resource: expected a role on resources, got {role}, which is for the whole server")
    return Assignment(role, parsed.resource)


def _shown(application: Application) -> dict[str, object]:
    return {
        "appId": application.client_id,
        "createdDateTime": application.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "displayName": application.name,
        "roles": [{"resource": one.resource, "role": one.role.value} for one in application.assignments],
    }


def _folder(parsed: argparse.Namespace) -> Path:
    """The data folder, made for what is to be kept in it."""
    folder = load_settings(parsed).settings.data_folder
    return folder if parsed.action == "list" else make_private_folder(folder)


def _failed(error: Exception) -> int:
    print(f"linarite: {error}", file=sys.stderr)
    return 1
