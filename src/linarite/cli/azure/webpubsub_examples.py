"""Examples of `webpubsub` commands, by command. They are written so that, in their order, each finds what it needs.

`$RESOURCE_ID` stands for the id of the resource my-pubsub-demo, `$CONNECTION_ID` for that of a client, which its first
message tells. Examples of `service` are for a hub to which the user anna is connected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["LAST_WEBPUBSUB_EXAMPLES", "WEBPUBSUB_EXAMPLES"]

_FIRST = "-n my-pubsub-demo -g rg-pubsub-demo"
_SECOND = "-n my-second-demo -g rg-pubsub-demo"
_CHAT = f"{_FIRST} --hub-name chat"
_ONE = f'{_CHAT} --connection-id "$CONNECTION_ID"'
_Examples = Mapping[str, Sequence[tuple[str, str]]]

_RESOURCE_EXAMPLES: _Examples = {
    "webpubsub create": [
        (
            "Create a resource of the free tier.",
            "linarite webpubsub create --name my-pubsub-demo --resource-group rg-pubsub-demo --location eastus "
            "--sku Free_F1",
        ),
        (
            "Create a resource with two units at the location of its group.",
            f"linarite webpubsub create {_SECOND} --sku Standard_S1 --unit-count 2",
        ),
    ],
    "webpubsub show": [
        ("Show a resource's host name.", f"linarite webpubsub show {_FIRST} --query hostName -o tsv"),
        ("Show a resource by its id.", 'linarite webpubsub show --ids "$RESOURCE_ID"'),
    ],
    "webpubsub list": [("List all resources as a table.", "linarite webpubsub list --output table")],
    "webpubsub update": [
        ("Scale a resource to ten units.", f"linarite webpubsub update {_SECOND} --sku Standard_S1 --unit-count 10"),
        ("Set any property by its path.", f"linarite webpubsub update {_SECOND} --set tags.team=web"),
        ("Refuse access keys from now on.", f"linarite webpubsub update {_SECOND} --disable-local-auth true"),
    ],
    "webpubsub list-skus": [
        (
            "List the SKUs that a resource can be scaled to.",
            f'linarite webpubsub list-skus {_FIRST} --query "[].sku.name" -o tsv',
        ),
    ],
    "webpubsub list-usage": [
        ("Count the resources and units of a location.", "linarite webpubsub list-usage --location eastus -o table"),
    ],
    "webpubsub stop": [
        (
            "Close a resource's clients and refuse new ones.",
            f"linarite webpubsub stop {_SECOND} --query resourceStopped",
        ),
    ],
    "webpubsub start": [("Let clients in again.", f"linarite webpubsub start {_SECOND} --query resourceStopped")],
    "webpubsub restart": [("Close a resource's clients once.", f"linarite webpubsub restart {_SECOND}")],
    "webpubsub key show": [
        (
            "Get the connection string.",
            "linarite webpubsub key show --name my-pubsub-demo --resource-group rg-pubsub-demo "
            "--query primaryConnectionString --output tsv",
        ),
    ],
    "webpubsub key regenerate": [
        (
            "Make the primary key anew.",
            f"linarite webpubsub key regenerate {_FIRST} --key-type primary --query primaryKey -o tsv",
        ),
    ],
}

_NETWORK_EXAMPLES: _Examples = {
    "webpubsub network-rule show": [
        ("Show the rules of a resource.", f"linarite webpubsub network-rule show {_FIRST}"),
    ],
    "webpubsub network-rule update": [
        (
            "Let calls of the REST API in, and no clients.",
            f"linarite webpubsub network-rule update {_SECOND} --public-network true --allow RESTAPI",
        ),
        (
            "Let in everything but traces.",
            f"linarite webpubsub network-rule update {_SECOND} --public-network true "
            "--allow ClientConnection ServerConnection RESTAPI --deny Trace",
        ),
    ],
    "webpubsub network-rule ip-rule add": [
        (
            "Name a network that is let in and one that is not.",
            f"linarite webpubsub network-rule ip-rule add {_SECOND} --ip-rule value=10.0.0.0/24 action=Allow "
            "--ip-rule value=192.168.0.0/24 action=Deny",
        ),
    ],
    "webpubsub network-rule ip-rule remove": [
        (
            "Remove the rule that let every IPv4 address in.",
            f"linarite webpubsub network-rule ip-rule remove {_SECOND} --ip-rule value=0.0.0.0/0 action=Allow",
        ),
    ],
}

_HUB_EXAMPLES: _Examples = {
    "webpubsub hub create": [
        (
            "Create a hub whose events go to one URL.",
            "linarite webpubsub hub create --name my-pubsub-demo --resource-group rg-pubsub-demo --hub-name demo-hub "
            '--event-handler url-template="https://your-server.com/api/pubsub" user-event-pattern="*" '
            'system-event="connect,connected,disconnected"',
        ),
        (
            "Create a hub with two event handlers that clients may connect to without a token.",
            f"linarite webpubsub hub create {_FIRST} --hub-name open-hub --allow-anonymous true "
            "--event-handler url-template=https://one.example.com/{event} system-event=connect system-event=connected "
            "--event-handler url-template=https://two.example.com/{hub} user-event-pattern=message,other",
        ),
    ],
    "webpubsub hub update": [
        (
            "Refuse clients without a token and keep the event handlers.",
            f"linarite webpubsub hub update {_FIRST} --hub-name open-hub --allow-anonymous false",
        ),
        (
            "Ping clients every half minute, and remove the first event handler.",
            f"linarite webpubsub hub update {_FIRST} --hub-name open-hub --websocket-keepalive 30 "
            "--remove properties.eventHandlers 0",
        ),
    ],
    "webpubsub hub show": [
        (
            "Show a hub's event handlers.",
            f"linarite webpubsub hub show {_FIRST} --hub-name demo-hub --query properties.eventHandlers",
        ),
    ],
    "webpubsub hub list": [
        (
            "List the names of hubs that have settings.",
            f'linarite webpubsub hub list {_FIRST} --query "[].name" -o tsv',
        ),
    ],
    "webpubsub hub delete": [
        ("Delete a hub's settings.", f"linarite webpubsub hub delete {_FIRST} --hub-name open-hub"),
    ],
}

_SERVICE_EXAMPLES: _Examples = {
    "webpubsub client start": [
        ("Connect as a user.", f"linarite webpubsub client start {_CHAT} --user-id anna"),
    ],
    "webpubsub service broadcast": [
        ("Send a message to everybody.", f'linarite webpubsub service broadcast {_CHAT} --payload "Hello, all"'),
    ],
    "webpubsub service user exist": [
        ("Is a user connected?", f"linarite webpubsub service user exist {_CHAT} --user-id anna"),
    ],
    "webpubsub service user send": [
        (
            "Send a message to a user, wherever connected.",
            f'linarite webpubsub service user send {_CHAT} --user-id anna --payload "Hello, Anna"',
        ),
    ],
    "webpubsub service group add-user": [
        (
            "Add a user to a group.",
            f"linarite webpubsub service group add-user {_CHAT} --user-id anna --group-name lobby",
        ),
    ],
    "webpubsub service group send": [
        (
            "Send a message to a group.",
            f'linarite webpubsub service group send {_CHAT} --group-name lobby --payload "Hello, lobby"',
        ),
    ],
    "webpubsub service group remove-user": [
        (
            "Remove a user from a group.",
            f"linarite webpubsub service group remove-user {_CHAT} --user-id anna --group-name lobby",
        ),
        ("Remove a user from all groups.", f"linarite webpubsub service group remove-user {_CHAT} --user-id anna"),
    ],
    "webpubsub service connection exist": [
        ("Is a client connected?", f"linarite webpubsub service connection exist {_ONE} --query existence"),
    ],
    "webpubsub service connection send": [
        ("Send a message to a client.", f"linarite webpubsub service connection send {_ONE} --payload Hello"),
    ],
    "webpubsub service group add-connection": [
        ("Add a client to a group.", f"linarite webpubsub service group add-connection {_ONE} --group-name lobby"),
    ],
    "webpubsub service group remove-connection": [
        (
            "Remove a client from a group.",
            f"linarite webpubsub service group remove-connection {_ONE} --group-name lobby",
        ),
    ],
    "webpubsub service permission grant": [
        (
            "Let a client send to a group.",
            f"linarite webpubsub service permission grant {_ONE} --group-name lobby --permission sendToGroup",
        ),
    ],
    "webpubsub service permission check": [
        (
            "May a client send to a group?",
            f"linarite webpubsub service permission check {_ONE} --group-name lobby --permission sendToGroup",
        ),
    ],
    "webpubsub service permission revoke": [
        (
            "Let a client no longer send to a group.",
            f"linarite webpubsub service permission revoke {_ONE} --group-name lobby --permission sendToGroup",
        ),
    ],
    "webpubsub service connection close": [
        ("Close a client's connection.", f"linarite webpubsub service connection close {_ONE}"),
    ],
}

_FIRST_CUSTOM = "--webpubsub-name my-pubsub-demo -g rg-pubsub-demo"
_CUSTOM_EXAMPLES: _Examples = {
    "webpubsub custom-certificate create": [
        (
            "Take the certificate in the file server.pem of the folder for them.",
            f"linarite webpubsub custom-certificate create {_FIRST_CUSTOM} --certificate-name my-certificate "
            "--key-vault-base-uri file: --key-vault-secret-name server",
        ),
    ],
    "webpubsub custom-certificate show": [
        (
            "Show a certificate, never its key.",
            f"linarite webpubsub custom-certificate show {_FIRST_CUSTOM} --certificate-name my-certificate",
        ),
    ],
    "webpubsub custom-certificate list": [
        ("List the certificates of a resource.", f"linarite webpubsub custom-certificate list {_FIRST_CUSTOM}"),
    ],
    "webpubsub custom-domain create": [
        (
            "Give a resource a host name of your own, with a certificate.",
            f"linarite webpubsub custom-domain create {_FIRST_CUSTOM} --name my-domain "
            "--domain-name pubsub.example.com "
            '--certificate-resource-id "$RESOURCE_ID/customCertificates/my-certificate"',
        ),
    ],
    "webpubsub custom-domain show": [
        ("Show a custom domain.", f"linarite webpubsub custom-domain show {_FIRST_CUSTOM} --name my-domain"),
    ],
    "webpubsub custom-domain list": [
        (
            "List the host names of a resource.",
            f'linarite webpubsub custom-domain list {_FIRST_CUSTOM} --query "[].domainName" -o tsv',
        ),
    ],
    "webpubsub custom-domain delete": [
        ("Take a host name away.", f"linarite webpubsub custom-domain delete {_FIRST_CUSTOM} --name my-domain"),
    ],
    "webpubsub custom-certificate delete": [
        (
            "Forget a certificate.",
            f"linarite webpubsub custom-certificate delete {_FIRST_CUSTOM} --certificate-name my-certificate",
        ),
    ],
}

_PLATFORM_EXAMPLES: _Examples = {
    "webpubsub identity show": [
        ("Show the identity of a resource, which is none.", f"linarite webpubsub identity show {_FIRST}"),
    ],
    "webpubsub identity remove": [
        ("Make sure that a resource has no identity.", f"linarite webpubsub identity remove {_FIRST} -o none"),
    ],
    "webpubsub replica list": [
        ("List the replicas of a resource, which are none.", f"linarite webpubsub replica list {_FIRST}"),
    ],
}

WEBPUBSUB_EXAMPLES: _Examples = {
    **_RESOURCE_EXAMPLES,
    **_NETWORK_EXAMPLES,
    **_HUB_EXAMPLES,
    **_SERVICE_EXAMPLES,
    **_CUSTOM_EXAMPLES,
    **_PLATFORM_EXAMPLES,
}
"""Examples of everything but what ends a resource."""

LAST_WEBPUBSUB_EXAMPLES: _Examples = {
    "webpubsub delete": [("Delete a resource.", f"linarite webpubsub delete {_SECOND}")],
}
"""The example that ends a resource, for the end of all examples."""
