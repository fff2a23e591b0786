"""Words and sizes on the kernel command line: lib/cmdline.c."""

import re

SUFFIXES = {"K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}


def memparse(text: str) -> tuple[int, str]:
    """Read a size such as 96M, 0x100000 or 4G at the start of a text; returns bytes and what follows.

    Without a number at the start the size is 0 and all of the text follows, as in the kernel.
    """
    match = re.match(r"(?i)0x[0-9a-f]+|[0-9]+", text)
    if match is None:
        return 0, text
    digits, rest = match[0].lower(), text[match.end() :]
    octal = digits.startswith("0") and digits.isdecimal() and not set(digits) & {"8", "9"}
    value = int(digits, 16 if digits.startswith("0x") else 8 if octal else 10)
    if rest and rest[0].upper() in SUFFIXES:
        return value << SUFFIXES[rest[0].upper()], rest[1:]
    return value, rest


def parameters(cmdline: str) -> list[tuple[str, str]]:
    """The words of a command line as (name, value); without `=` the value is empty."""
    # Kernel: keeps blanks between quotes within a word; no option of the model has use for them.
    words = (word.partition("=") for word in cmdline.split())
    return [(name.replace("-", "_"), value) for name, _, value in words]
