"""`python -m mirrorlab` is the `mirrorlab` command."""

import sys

from mirrorlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
