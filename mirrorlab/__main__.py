"""`python -m mirrorlab` and `mirrorlab`: the command, guarded from the first import on."""

import sys

from mirrorlab.commands import edge


def main() -> int:
    """Run the `mirrorlab` command and return its exit status."""
    return edge.guarded(_command, sys.argv)


def _command() -> int:
    from mirrorlab.commands.cli import main  # here: Ctrl-C during these imports is answered like any other

    return main()


if __name__ == "__main__":
    sys.exit(main())
