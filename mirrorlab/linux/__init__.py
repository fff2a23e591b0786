"""The model: Linux 4.1's page allocator with the twelve RFC patches, in plain Python.

Each file is named after the kernel file it models. `load()` makes a kernel: a private copy of these files.
"""

import ast
import builtins
import importlib
import types
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# In the order they are executed; a file takes names only from files above it, modules from anywhere.
MODULES = (
    *("kconfig", "bug", "list", "pfn", "cmdline", "bootparam", "memblock", "mmzone", "printk", "gfp"),
    *("page_writeback", "vmstat", "oom_kill", "page_alloc", "sparse", "mm_init", "nobootmem", "e820", "numa"),
    *("meminfo", "node", "show_mem", "sysctl", "root", "main"),
    *("slab_common", "slub_def", "slub", "slab_def", "slab", "slob"),
)
# Built with one SLAB_ALLOCATOR only; in other copies these files are empty.
BUILT_WITH = {"slub_def": "SLUB", "slub": "SLUB", "slab_def": "SLAB", "slab": "SLAB", "slob": "SLOB"}


class Kernel:
    """One loaded copy of the model: `kernel.page_alloc.expand` is this copy's `expand`."""

    allocator: types.ModuleType
    """The file that hands out objects: slub, slab or slob, as it was built."""

    def __init__(self) -> None:
        for name in MODULES:
            setattr(self, name, types.ModuleType(f"{__name__}.{name}"))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the kernel has no file {name!r}; it has {', '.join(MODULES)}")

    def __deepcopy__(self, memo: dict[int, Any]) -> "Kernel":
        return self  # code, not state: machines share it

    def module_of(self, function: str) -> types.ModuleType:
        """The file that defines a function. Raises ValueError when none does."""
        for name in MODULES:
            module: types.ModuleType = getattr(self, name)
            defined = module.__dict__.get(function)
            if isinstance(defined, types.FunctionType) and defined.__module__ == module.__name__:
                return module
        raise ValueError(f"the kernel has no function {function!r} to replace")


def load(
    replace: Mapping[str, Callable[..., Any]] | None = None,
    config: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
) -> Kernel:
    """Execute a private copy of the model, with some of its functions replaced and other build options.

    replace: function name -> what to call instead. A Python function is run as if it stood in the file of the
    one it replaces: the names that file has mean what they mean in this copy, other names keep their meaning.
    config: build option of kconfig.py -> value. NUMA off takes MEMORY_MIRROR with it.
    without: functions that this copy lacks. They are taken out before their file is compiled, so nothing of them is
    in the process.

    Raises ValueError for a function or an option that does not exist. A copy takes some milliseconds.
    """
    replace = dict(replace or {})
    kernel = Kernel()
    shared = {**vars(builtins)}
    to_fill: list[tuple[dict[str, Any], Mapping[str, Any], types.ModuleType]] = []

    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if level == 0:
            return builtins.__import__(name, globals, locals, fromlist, level)
        return getattr(kernel, name) if name else kernel

    shared["__import__"] = import_
    left_out: dict[str, set[str]] = {}
    for function in without:
        left_out.setdefault(home_of(function), set()).add(function)
    for name in MODULES:
        module: types.ModuleType = getattr(kernel, name)
        if name in BUILT_WITH and BUILT_WITH[name] != kernel.kconfig.SLAB_ALLOCATOR:
            continue
        module.__dict__.update(__builtins__=shared, __file__=str(HERE / f"{name}.py"), __package__=__name__)
        exec(code_of(name, frozenset(left_out.get(name, ()))), module.__dict__)
        if name == "kconfig":
            _configure(module, config or {})
        for function in [f for f in replace if f in module.__dict__ and kernel.module_of(f) is module]:
            replacement = replace.pop(function)
            moved, names = _as_if_in(module, replacement)
            setattr(module, function, moved)
            to_fill.append((names, getattr(replacement, "__globals__", {}), module))

    for function in replace:
        kernel.module_of(function)  # raises: no file took it
    for names, written_in, module in to_fill:
        names.update({**written_in, **module.__dict__})
    kernel.allocator = getattr(kernel, kernel.kconfig.SLAB_ALLOCATOR.lower())
    return kernel


@cache
def home_of(function: str) -> str:
    """The name of the file that defines a function, found in the text. Raises ValueError when none does."""
    for name in MODULES:
        if f"\ndef {function}(" in (HERE / f"{name}.py").read_text(encoding="utf-8"):
            return name
    raise ValueError(f"the kernel has no function {function!r}")


@cache
def code_of(name: str, without: frozenset[str] = frozenset()) -> types.CodeType:
    """What a file of the model compiles to, with some of its functions left out."""
    loader: Any = importlib.import_module(f".{name}", __name__).__loader__
    if not without and not hasattr(loader, "leaves_out"):
        code: types.CodeType = loader.get_code(f"{__name__}.{name}")
        return code
    return compile_without(name, without)


def compile_without(name: str, without: Collection[str]) -> types.CodeType:
    """A file of the model compiled from its text, with some of its functions left out."""
    path = HERE / f"{name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name in without)]
    return compile(tree, str(path), "exec", dont_inherit=True)


def _configure(kconfig: types.ModuleType, config: Mapping[str, Any]) -> None:
    """Set build options in the one file that holds them."""
    known = sorted(name for name in vars(kconfig) if name.isupper())
    for option, value in config.items():
        if option not in known:
            raise ValueError(f"unknown build option {option!r}: use one of {', '.join(known)}")
        setattr(kconfig, option, value)
    if not kconfig.NUMA:
        if config.get("MEMORY_MIRROR"):
            raise ValueError("MEMORY_MIRROR depends on NUMA, which is off: leave one of the two options out")
        vars(kconfig)["MEMORY_MIRROR"] = False


def _as_if_in(module: types.ModuleType, replacement: Callable[..., Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The replacement with a fresh set of global names, to be filled when the module is complete."""
    if not isinstance(replacement, types.FunctionType):
        return replacement, {}
    names: dict[str, Any] = {"__builtins__": module.__dict__["__builtins__"]}
    moved = types.FunctionType(
        replacement.__code__, names, replacement.__name__, replacement.__defaults__, replacement.__closure__
    )
    moved.__kwdefaults__ = replacement.__kwdefaults__
    moved.__doc__ = replacement.__doc__
    moved.__module__ = module.__name__
    return moved, names
