"""`/metadata/endpoints`: where a cloud has its parts, as `az cloud register` asks (azure-cli 2.91)."""

from __future__ import annotations

from linarite.access.authority import MANAGEMENT_AUDIENCE, TENANT_ID

__all__ = ["metadata_document"]


def metadata_document(url: str) -> dict[str, object]:
    """The document for a server at this URL.

    It is one object: with a list, which newer api-versions of the platform have for its several clouds, `az` 2.91
    fails. A login endpoint that ends in `/adfs` keeps MSAL from asking Microsoft's own hosts whether it is one. What
    this server has no counterpart of (portal, graph, gallery, batch, media) leads to the server itself.
    """
    return {
        "name": "Linarite",
        "portal": url,
        "authentication": {
            "loginEndpoint": f"{url}/adfs",
            "audiences": [MANAGEMENT_AUDIENCE, url],
            "tenant": TENANT_ID,
            "identityProvider": "ADFS",
        },
        "resourceManager": url,
        "graphAudience": url,
        "graph": url,
        "gallery": url,
        "batch": url,
        "mediaEndpoint": url,
        "activeDirectoryDataLake": url,
        "microsoftGraphResourceId": url,
        "suffixes": {},
    }
