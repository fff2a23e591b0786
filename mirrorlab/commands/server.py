"""JupyterLab as the course starts it: `python -m mirrorlab.commands.server OPTION...`, in half its usual time."""

import sys
from typing import Any


def leave_out_what_is_slow() -> None:
    """Keep jsonschema, when it is imported later, from importing two packages.

    The first takes as long as all the rest of JupyterLab: it builds a parser for addresses that are not in ASCII. Only
    schemas that name such formats would use them; without them, jsonschema leaves those checks out.
    """
    for name in ("rfc3987_syntax", "isoduration"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def main() -> Any:
    """Become JupyterLab."""
    leave_out_what_is_slow()
    from jupyterlab.labapp import main as become_jupyterlab

    return become_jupyterlab()


if __name__ == "__main__":
    sys.exit(main())
