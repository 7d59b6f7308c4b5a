"""The management API: what Azure Resource Manager answers for resource groups and Web PubSub resources.

`rows` is the table of what is answered, `gate` what every call passes through (credential, api-version, body, errors),
`calls` the values on both sides of an operation, `groups`, `resources`, `keys`, `hubs`, `custom_names`, `provider` and
`platform_parts` the operations, `documents` the JSON they answer. Writes take effect before they are answered, whether
that is told in the synchronous form of the platform's long-running operations or in the asynchronous one
(`long_running`). A new operation is a function from Call to Answer and a line in the table.
"""

from linarite.http.management.routes import management_routes

__all__ = ["management_routes"]
