"""Runs the command line: `python -m linarite`."""

import sys

from linarite.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
