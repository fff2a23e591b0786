"""Files are read with a limit, called what they are, and written completely or not at all."""

import os
import resource
import socket
import stat
import subprocess
import sys

import pytest

from mirrorlab.machine import files


def why_not(path, **limits):
    with pytest.raises(files.Unreadable) as problem:
        files.read(path, **limits)
    return str(problem.value)


def test_a_file_is_read_up_to_the_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 2048)
    assert files.read(tmp_path / "a", most=2048) == b"x" * 2048
    assert why_not(tmp_path / "a", most=2047) == "is too large: more than 1 KiB are not read"


def test_what_is_no_file_is_called_what_it_is_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert why_not(tmp_path / "socket") == "is a socket"
    assert why_not(tmp_path / "pipe") == "is a pipe"
    assert why_not(tmp_path) == "is a folder"
    assert why_not("/dev/zero") == "is a device"
    assert why_not(tmp_path / "loop") == "cannot be read (a link leads back to itself)"
    assert why_not(tmp_path / "nowhere") == "is a link to a file that is not there"
    assert why_not(tmp_path / ("x" * 300)) == "cannot be read (File name too long)"
    assert "null" in why_not("a\0b")


@pytest.mark.skipif(not os.path.exists("/proc/meminfo"), reason="no /proc here")
def test_a_file_of_the_running_kernel_is_not_read(tmp_path):
    (tmp_path / "link").symlink_to("/proc/meminfo")
    assert why_not(tmp_path / "link") == "is a text of the running kernel"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b" \n", "an empty file"),
        (b"GIF89a.....", "a picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04", "an archive of files"),
        (b'{"cells": [], "nbformat": 4}', "a notebook"),
        (b'{"mirrorlab": "recording"}', "a story saved by Recording.save: open it with Recording.load"),
        (b'[{"a": 1}]', "JSON"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"Node 0, zone      DMA      1", "a text under /proc"),
        (b"[    0.000000] Linux version", "a kernel's log"),
        (b"a\0b", "a binary file"),
        (b"[[memory]]\nstart = 0\n", ""),
        (b'["a table"]\n', "JSON"),
        (b"plain words", ""),
    ],
)
def test_a_file_is_known_by_how_it_begins(content, what):
    assert files.kind(content) == what


def test_a_name_in_a_sentence_is_short_and_on_one_line():
    assert files.name("a\nb") == "'a\\nb'"
    assert len(files.name("x" * 5000)) < 300


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    files.write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_new_file_gets_the_mode_that_any_program_gives_it(tmp_path):
    (tmp_path / "theirs").write_text("")
    files.write(tmp_path / "deep/er/ours", "text")
    assert (tmp_path / "deep/er/ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_a_device_stays_a_device():
    files.write("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(OSError, match="No space left"):
        files.write("/dev/full", "text")


def no_room():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # what a full disk is like: a write ends in the middle


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "mine").write_text("old")
    code = "import sys; from mirrorlab.machine import files; files.write(sys.argv[1], 'new' * 99)"
    command = [sys.executable, "-c", code, tmp_path / "mine"]
    done = subprocess.run(command, preexec_fn=no_room, capture_output=True, text=True)
    assert "OSError" in done.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("mine", "old")]


def test_a_file_where_a_folder_should_be_stays(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError):
        files.write(tmp_path / "file" / "new", "text")
    with pytest.raises(IsADirectoryError):
        files.write(tmp_path, "text")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_made_read_only_is_not_replaced(tmp_path):
    (tmp_path / "mine").write_text("old")
    (tmp_path / "mine").chmod(0o444)
    with pytest.raises(PermissionError):
        files.write(tmp_path / "mine", "new")
    assert (tmp_path / "mine").read_text() == "old"
