"""The file of a saved story: JSON lines, each with a checksum, so that a damaged file is noticed and its line named."""

import json
import operator
import zlib
from pathlib import Path
from typing import Any

from mirrorlab.machine import files
from mirrorlab.oracle import cases as recordings

VERSION = 2  # of the format
LARGEST = 1 << 30  # bytes of a file
NONSENSE = (LookupError, TypeError, AttributeError, ValueError)  # what reading an altered file may raise


def reason(problem: Exception) -> str:
    """What is wrong with a line, for a sentence."""
    return f"there is no {problem}" if isinstance(problem, KeyError) else str(problem)


def to_line(value: dict[str, Any]) -> str:
    """A line of a file, with a checksum that tells whether it was changed."""
    return json.dumps({**value, "crc": _checksum(value)}, default=operator.index) + "\n"


def _checksum(value: Any) -> int:
    return zlib.crc32(json.dumps(value, default=operator.index).encode())


def read(path: str | Path) -> list[dict[str, Any]]:
    """The lines of a file, each known to be whole, from the head to the end. Raises RecordingError."""
    try:
        texts = files.read(path, LARGEST).decode().splitlines()
    except files.Unreadable as problem:
        raise recordings.RecordingError(f"{path}: it {problem}") from None
    except UnicodeDecodeError:
        raise recordings.RecordingError(f"{path}: line 1: not a recording saved by mirrorlab (no text)") from None
    lines = []
    for number, text in enumerate(texts or [""], 1):
        try:
            lines.append(_line(text, number))
        except NONSENSE as problem:
            raise recordings.RecordingError(f"{path}: line {number}: {reason(problem)}") from None
    if "end" not in lines[-1]:
        raise recordings.RecordingError(f"{path}: line {len(lines)}: the file is cut short after this line")
    return lines


def _line(text: str, number: int) -> dict[str, Any]:
    """One line's value. Raises ValueError when it is not what stood there when the file was saved."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if number == 1 and not (isinstance(value, dict) and value.get("mirrorlab") == "recording"):
        raise ValueError("not a recording saved by mirrorlab")
    if not isinstance(value, dict):
        raise ValueError("damaged, or cut short (no JSON object)")
    if value.pop("crc", None) != _checksum(value):
        raise ValueError("damaged: it is not what was saved (its checksum differs)")
    if number == 1 and value["version"] != VERSION:
        raise ValueError(f"saved in version {value['version']} of the format; this mirrorlab reads version {VERSION}")
    if number > 1 and value.get("n", value.get("end", 0) + 1) != number - 1:
        raise ValueError(f"operation {number - 1} should stand here: lines are missing or out of order")
    return value
