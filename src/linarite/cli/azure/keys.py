"""What `webpubsub key …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management

__all__ = ["regenerate", "show"]


def show(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Show the access keys and connection strings of a Web PubSub resource."""
    return client.resource("POST", resource_group_name, webpubsub_name, "listKeys")


def regenerate(client: Management, resource_group_name: str, webpubsub_name: str, key_type: str) -> Document:
    """Make an access key anew; tokens signed with the old one are refused at once."""
    client.resource("POST", resource_group_name, webpubsub_name, "regenerateKey", body={"keyType": key_type})
    return show(client, resource_group_name, webpubsub_name)
