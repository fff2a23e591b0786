"""Words and sizes on the kernel command line: lib/cmdline.c."""

import re

U64_MAX = (1 << 64) - 1  # larger sizes wrap around
SUFFIXES = {"K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}


def memparse(text: str) -> tuple[int, str]:
    """Read a size such as 96M, 0x100000 or 4G at the start of a text; returns bytes and what follows.

    Without a number at the start the size is 0 and all of the text follows, as in the kernel.
    """
    match = re.match(r"(?i)(0x)[0-9a-f]+|(0)[0-7]*|[1-9][0-9]*", text)
    if match is None:
        return 0, text
    value, rest = int(match[0], 16 if match[1] else 8 if match[2] else 10), text[match.end() :]
    if rest and rest[0].upper() in SUFFIXES:
        value, rest = value << SUFFIXES[rest[0].upper()], rest[1:]
    return value & U64_MAX, rest


def parameters(cmdline: str) -> list[tuple[str, str]]:
    """The words of a command line as (name, value); without `=` the value is empty."""
    # Kernel: keeps blanks between quotes within a word; no option of the model has use for them.
    words = (word.partition("=") for word in cmdline.split())
    return [(name.replace("-", "_"), value) for name, _, value in words]
