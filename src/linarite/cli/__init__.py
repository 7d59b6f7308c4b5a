"""The command line: `linarite …` with the server, its settings, and the grammar of `az webpubsub`."""
