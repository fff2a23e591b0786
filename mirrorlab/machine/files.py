"""Files: read with a limit, and called what they are; written completely or not at all."""

import errno
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from mirrorlab.words import shorten

MOST = 64 << 20  # bytes of a file that are read; the largest packaged recording unpacks to less than 1 MiB

KINDS = (  # not regular files
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)
HEADS = (  # how a file begins
    (rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|BM.{4}\0\0\0\0|II\*\0|MM\0\*|RIFF.{4}WEBP|\0\0\x01\0", "a picture"),
    (rb"RIFF|ID3|OggS|fLaC|.{4}ftyp|\x1a\x45\xdf\xa3", "sound or a film"),
    (rb"%PDF-", "a PDF document"),
    (rb"PK\x03\x04|PK\x05\x06|7z\xbc\xaf|Rar!", "an archive of files"),
    (rb"\x1f\x8b", "a file compressed with gzip"),
    (rb"\xfd7zXZ\0", "a file compressed with xz"),
    (rb"BZh[1-9]", "a file compressed with bzip2"),
    (rb"\x28\xb5\x2f\xfd", "a file compressed with zstd"),
    (rb"\x7fELF|MZ|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\0asm", "a program"),
    (rb"SQLite format 3\0", "a database"),
    (rb".{257}ustar", "an archive of files"),
    (rb"\xff\xfe|\xfe\xff", "a text in UTF-16: save it as UTF-8"),
    (rb"version https://git-lfs", "a pointer of Git LFS: fetch the file itself with 'git lfs pull'"),
    (rb"#!", "a script"),
    (rb"(?i:\s*<!doctype html|\s*<html)", "a web page"),
    (rb"(?i:\s*<\?xml|\s*<svg)", "XML"),
    (rb'\s*\{[^{}]*"mirrorlab": "recording"', "a story saved by Recording.save: open it with Recording.load"),
    (rb"\[ *\d+\.\d{6}\] ", "a kernel's log"),
    (rb'\s*\{\s*["}]|\s*\[\s*[\[{]?["\d{]', "JSON"),
    (rb"Node +\d+, zone|MemTotal:|Page block order:|nr_free_pages \d", "a text under /proc"),
)
SUFFIXES = {".py": "a Python program", ".c": "C source", ".h": "C source", ".md": "a Markdown text", ".csv": "a table"}
CONFLICT = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)  # what git leaves in a file that two people changed


class Unreadable(ValueError):
    """Why a file cannot be used, in words that follow its name: "is a folder"."""


def reason(problem: OSError | ValueError) -> str:
    """Why the operating system refused a path: "Permission denied"."""
    if not isinstance(problem, OSError):
        return str(problem)
    return "a link leads back to itself" if problem.errno == errno.ELOOP else problem.strerror or str(problem)


def missing(path: str | Path) -> bool:
    """Whether there is nothing at all of this name."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False  # there may be something: reading it tells the reason
    return False


def read(path: str | Path, most: int = MOST) -> bytes:
    """The content of a regular file. Raises Unreadable for anything else, and for more than `most` bytes."""
    try:
        _refuse_what_is_no_file(os.stat(path).st_mode, path)  # before it is opened: to open a device may do things
        with open(path, "rb", opener=_without_waiting) as file:
            data = file.read(most + 1)
    except Unreadable:
        raise
    except (OSError, ValueError) as problem:
        if isinstance(problem, FileNotFoundError) and os.path.islink(path):
            raise Unreadable("is a link to a file that is not there") from None
        raise Unreadable(f"cannot be read ({reason(problem)})") from None
    if len(data) > most:
        raise Unreadable(f"is too large: more than {size(most)} are not read")
    return data


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe without a writer would wait for ever


def _refuse_what_is_no_file(mode: int, path: str | Path) -> None:
    for is_kind, kind in KINDS:
        if is_kind(mode):
            raise Unreadable(f"is {kind}")
    if os.path.realpath(path).startswith(("/proc/", "/sys/")):
        raise Unreadable("is a text of the running kernel")


def kind(data: bytes, path: str | Path = "") -> str:
    """What a file with this content and name is, "a picture"; an empty text when that is not known."""
    if not data.strip():
        return "an empty file"
    for head, what in HEADS:
        if re.match(head, data, re.DOTALL):
            return _kind_of_json(data) if what == "JSON" else what
    return "a binary file" if b"\0" in data[:4096] else SUFFIXES.get(Path(path).suffix.lower(), "")


def _kind_of_json(data: bytes) -> str:
    for words, what in (
        ((b'"cells"', b'"nbformat"'), "a notebook"),
        ((b'"machine"', b'"category"'), "a recorded case: compare it with 'mirrorlab replay'"),
    ):
        if all(word in data for word in words):
            return what
    return "JSON"


def conflict(data: bytes) -> str:
    """Where git's marks of a conflict begin, in words that follow the file's name; empty when there are none."""
    found = CONFLICT.search(data)
    if not found:
        return ""
    line = data.count(b"\n", 0, found.start()) + 1
    return f"has git's marks of a conflict ({found[1].decode()}) in line {line}: choose one side, then take them out"


def size(amount: int) -> str:
    """Bytes as in a sentence."""
    return f"{amount >> 20} MiB" if amount >= 1 << 20 else f"{amount >> 10} KiB"


def name(path: str | Path) -> str:
    """A path as in a sentence: on one line, and cut when it is very long."""
    text = str(path)
    return shorten(text if text.isprintable() else repr(text), 200)


def write(path: str | Path, content: str) -> None:
    """Write a text as UTF-8, completely or not at all; a file that is there keeps its mode, a link its target.

    Folders on the way are made. Raises OSError; what was there before is then as it was.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = None
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
    if mode is not None and not stat.S_ISREG(mode):  # a device stays one
        target.write_text(content, encoding="utf-8", newline="\n")
        return
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    part = target.with_name(f".mirrorlab-{secrets.token_hex(4)}.part")
    try:
        part.write_text(content, encoding="utf-8", newline="\n")
        if mode is not None:
            part.chmod(stat.S_IMODE(mode))
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
