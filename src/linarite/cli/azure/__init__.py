"""The grammar of `az`: `linarite group …` and `linarite webpubsub …`, with its words, options and outputs.

`entry` is what the main command calls; everything else is imported only then, for the framework (knack, which `az`
itself is built on) takes longer to import than the server takes to start. `program` is the framework set up,
`commands` the table of commands and their options, `groups`, `resources`, `keys` and `hubs` what the commands do,
`management` the calls to the running server that `running_server` finds.
"""
