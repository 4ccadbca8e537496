"""The one entry: `python solve.py --help`."""

import sys

from optimization.cli.app import start

if __name__ == "__main__":
    sys.exit(start())
