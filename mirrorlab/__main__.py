"""`python -m mirrorlab` and `mirrorlab`: the command, guarded from the first import on."""

import os
import sys


def main() -> int:
    """Run the `mirrorlab` command and return its exit status."""
    try:
        from mirrorlab.commands import edge

        status = edge.guarded(_command, sys.argv)
    except KeyboardInterrupt:  # before the edge was there
        os.write(2, b"Stopped.\n")
        status = 130
    if status == 130:  # else Python, where Ctrl-C came while it compiled a text, ends by that signal: no status
        os._exit(status)
    return status


def _command() -> int:
    from mirrorlab.commands.cli import main  # here: Ctrl-C during these imports is answered like any other

    return main()


if __name__ == "__main__":
    sys.exit(main())
