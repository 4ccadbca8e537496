"""The one entry: `python solve.py --help`."""

import sys

if __name__ == "__main__":
    from optimization.cli.entry import main

    sys.exit(main())
