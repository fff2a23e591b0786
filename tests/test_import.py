"""`import mirrorlab` works where there is only a Python interpreter."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FOREIGN = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import mirrorlab
for name in mirrorlab.__all__:
    getattr(mirrorlab, name)
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(tops - set(sys.stdlib_module_names) - {"mirrorlab"}))
"""


def test_import_mirrorlab_loads_the_standard_library_only():
    command = [sys.executable, "-c", FOREIGN, str(ROOT)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() == []


def test_import_mirrorlab_works_without_any_installed_package():
    command = [sys.executable, "-I", "-S", "-c", FOREIGN, str(ROOT)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() == []


def test_the_public_names_are_sorted_and_exist():
    import mirrorlab

    assert list(mirrorlab.__all__) == sorted(mirrorlab.__all__)
    assert [name for name in mirrorlab.__all__ if not hasattr(mirrorlab, name)] == []
