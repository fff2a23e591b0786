"""Who may import whom: the arrows point one way, and the model stands on the standard library alone."""

import ast
import sys
from pathlib import Path

import pytest

from mirrorlab import linux

PACKAGE = Path(__file__).resolve().parent.parent / "mirrorlab"

# The wings. Each may use those behind it in this row, none before it; `words` serves all but `linux`.
ROW = ("commands", "grading", "course", "widgets", "questions", "story", "oracle", "machine", "designs", "linux")
ARROWS = {wing: {*ROW[place + 1 :], "words"} for place, wing in enumerate(ROW)}
ARROWS["__init__"] = ARROWS["commands"] - {"course", "grading", "widgets"}
ARROWS["__main__"] = {"commands"}
ARROWS["commands"].add("__init__")
ARROWS["words"] = {"linux"}  # names that the kernel prints
ARROWS["linux"] = set()
ALONE = {"linux", "designs", "machine", "oracle", "story", "questions", "words"}  # no packages: the standard library


def modules():
    """Every module of the package, as (path below mirrorlab/, its syntax tree)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), ast.parse(path.read_text())


def part(path):
    return path.parts[0].removesuffix(".py")


def imports(path, tree):
    """Yield (full name of the module imported from, the names taken or None) for each import in a module."""
    here = ["mirrorlab", *path.parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module, [alias.name for alias in node.names]


def parts_imported(path, tree):
    """The parts of mirrorlab, and the installed packages, a module imports."""
    ours, packages = set(), set()
    for module, names in imports(path, tree):
        top, *below = module.split(".")
        if top == "mirrorlab":
            if below:
                ours.add(below[0])
            else:  # `from . import linux` names a part; `import mirrorlab` takes the face of the package
                ours.update(name if name in ARROWS else "__init__" for name in names or ["__init__"])
        elif top not in sys.stdlib_module_names:
            packages.add(top)
    return ours, packages


def arrow_faults(path, tree):
    """What a module imports and should not, as sentences."""
    me = part(path)
    if me not in ARROWS:
        return [f"{path}: give {me} its place in ARROWS"]
    ours, packages = parts_imported(path, tree)
    faults = [f"{path} imports mirrorlab.{other}" for other in sorted(ours - ARROWS[me] - {me})]
    if me in ALONE:
        faults += [f"{path} imports {package}" for package in sorted(packages)]
    return faults


def function_imports(path, tree, functions):
    """Functions a module of linux/ takes from its neighbours by name, where a replacement might not be seen.

    Those of list.py and pfn.py may be taken by name: load() runs these files, replacements included, before users.
    """
    return [
        f"{path}: {module}.{name}"
        for module, names in imports(path, tree)
        for name in names or []
        if module.startswith("mirrorlab.linux.")
        and module not in ("mirrorlab.linux.list", "mirrorlab.linux.pfn")
        and (name == "*" or name in functions.get(module, ()))
    ]


def mangled_names(path, tree):
    """Names such as __rmqueue used inside a class body, where Python would change them."""
    found = set()
    for body in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for node in ast.walk(body):
            name = getattr(node, "id", getattr(node, "attr", ""))
            if isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
                found.add(f"{path}:{node.lineno}: {name} in class {body.name}")
    return sorted(found)


def test_imports_follow_the_arrows():
    assert [fault for path, tree in modules() for fault in arrow_faults(path, tree)] == []


def test_the_top_level_holds_the_wings_and_nothing_else():
    there = {part(path) for path, _ in modules()}
    assert there <= {*ARROWS}, "give it a wing"


def circles(edges):
    """Modules that import each other in a circle: those left when whatever imports none of the rest is taken away."""
    below = {name: set(targets) - {name} for name, targets in edges.items()}
    while leaves := [name for name, targets in below.items() if not targets & below.keys()]:
        for leaf in leaves:
            del below[leaf]
    return sorted(below)


def module_edges():
    """Module -> the modules of ours it imports, wherever in the file and for whatever reason; `linux` is one room."""
    names = {".".join(["mirrorlab", *path.with_suffix("").parts]).removesuffix(".__init__") for path, _ in modules()}
    edges = {}
    for path, tree in modules():
        if part(path) == "linux":
            continue
        me = ".".join(["mirrorlab", *path.with_suffix("").parts]).removesuffix(".__init__")
        edges[me] = set()
        for module, taken in imports(path, tree):
            found = {f"{module}.{name}" for name in taken or []} & names
            edges[me] |= found or ({module} & names)
    return edges


def test_there_is_no_circle_outside_linux():
    assert circles(module_edges()) == []


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["a", "b", "c", "d"]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_linux_calls_its_functions_through_their_modules():
    trees = [(path, tree) for path, tree in modules() if part(path) == "linux"]
    functions = {
        f"mirrorlab.linux.{path.stem}": {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        for path, tree in trees
    }
    assert [fault for path, tree in trees for fault in function_imports(path, tree, functions)] == []


def test_linux_takes_names_only_from_files_loaded_before():
    order = [f"mirrorlab.linux.{name}" for name in linux.MODULES]
    late = []
    for path, tree in modules():
        if part(path) == "linux" and path.stem != "__init__":
            before = order[: order.index(f"mirrorlab.linux.{path.stem}")]
            used = {module for module, _ in imports(path, tree) if module.startswith("mirrorlab.linux.")}
            late += [f"{path}: {module}" for module in sorted(used.difference(before))]
    assert late == []


def test_no_kernel_name_is_mangled_by_a_class():
    assert [fault for path, tree in modules() for fault in mangled_names(path, tree)] == []


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("linux/gfp.py", "from mirrorlab import machine", "linux/gfp.py imports mirrorlab.machine"),
        ("linux/gfp.py", "from .. import machine", "linux/gfp.py imports mirrorlab.machine"),
        ("linux/gfp.py", "from ..machine import Machine", "linux/gfp.py imports mirrorlab.machine"),
        ("linux/gfp.py", "def f():\n    import numpy.linalg", "linux/gfp.py imports numpy"),
        ("machine/proc.py", "from mirrorlab.oracle import load", "machine/proc.py imports mirrorlab.oracle"),
        ("machine/proc.py", "from ..oracle import load", "machine/proc.py imports mirrorlab.oracle"),
        ("new.py", "", "new.py: give new its place in ARROWS"),
    ],
)
def test_a_wrong_import_is_found(path, source, fault):
    assert arrow_faults(Path(path), ast.parse(source)) == [fault]


def test_a_right_import_is_accepted():
    source = "import heapq\nfrom . import gfp, mmzone\nfrom .mmzone import Zone"
    assert arrow_faults(Path("linux/page_alloc.py"), ast.parse(source)) == []


def test_a_function_taken_by_name_is_found():
    functions = {"mirrorlab.linux.vmstat": {"zone_page_state"}}
    source = "from .vmstat import Counter, zone_page_state\nfrom .list import list_add"
    faults = function_imports(Path("linux/slab.py"), ast.parse(source), functions)
    assert faults == ["linux/slab.py: mirrorlab.linux.vmstat.zone_page_state"]


def test_a_mangled_name_is_found():
    source = "class Zone:\n    def f(self):\n        page_alloc.__rmqueue(self)\n        self.__dict__"
    assert mangled_names(Path("machine.py"), ast.parse(source)) == ["machine.py:3: __rmqueue in class Zone"]
