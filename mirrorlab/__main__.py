"""`python -m mirrorlab` is the `mirrorlab` command."""

import sys

from mirrorlab.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
