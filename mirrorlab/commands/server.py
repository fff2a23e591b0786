"""JupyterLab as the course starts it: `python -m mirrorlab.commands.server OPTION...`, in half its usual time."""

import sys
from typing import Any


def main() -> Any:
    """Become JupyterLab."""
    # To import the first takes as long as all the rest of JupyterLab: it builds a parser for addresses that are not in
    # ASCII. Only schemas that name such formats would use them; without them, jsonschema leaves those checks out.
    for name in ("rfc3987_syntax", "isoduration"):
        sys.modules[name] = None  # type: ignore[assignment]
    from jupyterlab.labapp import main as become_jupyterlab

    return become_jupyterlab()


if __name__ == "__main__":
    sys.exit(main())
