"""`python -m mirrorlab` and `mirrorlab`: the command, guarded from the first import on."""

import os
import sys

from mirrorlab.commands import edge


def main() -> int:
    """Run the `mirrorlab` command and return its exit status."""
    status = edge.guarded(_command, sys.argv)
    if status == edge.STOPPED:  # else Python, where Ctrl-C came while it ran a text, ends by that signal: no status
        os._exit(status)
    return status


def _command() -> int:
    from mirrorlab.commands.cli import main  # here: Ctrl-C during these imports is answered like any other

    return main()


if __name__ == "__main__":
    sys.exit(main())
