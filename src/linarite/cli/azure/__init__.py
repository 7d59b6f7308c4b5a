"""The grammar of `az`: `linarite group …` and `linarite webpubsub …`, with its words, options and outputs.

`entry` is what the main command calls; everything else is imported only then, for the framework (knack, which `az`
itself is built on) takes longer to import than the server takes to start. `program` is the framework set up,
`commands` and `webpubsub_commands` the tables of commands, `webpubsub_options` and `arguments` their options, and
`groups`, `resources`, `keys`, `hubs`, `network_rules`, `custom_names`, `replicas`, `identities`, `service` and `client`
what they do. `management` makes the calls to the running server that `running_server` finds, `data_plane` those to a
resource with its access key. What every such command has: `output`, `generic_update`, `resource_ids`, `completers`.
"""
