"""The one entry: `python solve.py --help`."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # what the imports bring stays to the end: no collection, now or later, need look at it
    from optimization.cli.app import start

    gc.freeze()
    gc.enable()
    sys.exit(start())
