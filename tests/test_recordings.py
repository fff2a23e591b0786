"""Recorded cases: how they are found, and what is said about files that are none."""

import copy
import gzip
import json

import pytest

from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle.cases import RecordingError

NAME = "wmark-one"


@pytest.fixture
def case():
    return copy.deepcopy(recordings.load(NAME))


def written(folder, value, name="case.json"):
    """A file holding a value as JSON, or bytes as they are; compressed when its name ends so."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") and not isinstance(value, bytes) else data)
    return path


def complaint(path):
    """What is said about a file, after its name."""
    with pytest.raises(RecordingError) as problem:
        recordings.load(path)
    message = str(problem.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_the_packages_cases_are_found_by_name_and_by_path():
    assert NAME in recordings.names()
    assert list(recordings.names()) == sorted(recordings.names())
    by_path = recordings.load(recordings.FOLDER / f"{NAME}.json.gz")
    assert by_path == recordings.load(NAME)
    assert by_path["name"] == NAME


@pytest.mark.parametrize("name", recordings.names())
def test_every_case_of_the_package_can_be_read(name):
    assert recordings.load(name)["name"] == name


@pytest.mark.parametrize("name", ["case.json", "case.json.gz"])
def test_a_case_may_be_compressed_or_not(tmp_path, case, name):
    assert recordings.load(written(tmp_path, case, name)) == case
    assert recordings.load(str(tmp_path / name)) == case


def test_a_name_that_is_no_case_is_answered_with_one_that_is(tmp_path):
    first = recordings.names()[0]
    expected = f"no such case; give a file's path, or one of {len(recordings.names())} names such as {first}"
    assert complaint("split-merge") == "no such case; did you mean split-merge-two-1?"
    assert complaint("nothing") == expected
    assert complaint(tmp_path / "nothing.json.gz") == expected


def whole():
    return (recordings.FOLDER / f"{NAME}.json.gz").read_bytes()


@pytest.mark.parametrize("length", [2, 9, 10, 500, -9, -1])
def test_a_truncated_file_is_cut_short(tmp_path, length):
    assert complaint(written(tmp_path, whole()[:length], "cut.json.gz")) == "the file is cut short"


def test_a_file_with_damaged_bytes_is_damaged(tmp_path):
    data = bytearray(whole())
    data[len(data) // 2] ^= 0xFF
    assert complaint(written(tmp_path, bytes(data), "bad.json.gz")).startswith("the file is damaged (")


@pytest.mark.parametrize(
    "data", [b"hello", b"{", b'{"name": "x"', b'{"a": ' + b"1" * 9999 + b"}", gzip.compress(b"hello")],
    ids=["text", "a brace", "half an object", "a number too long", "compressed text"],
)  # fmt: skip
def test_a_file_without_json_is_no_case(tmp_path, data):
    assert complaint(written(tmp_path, data)) == "not a recorded case (no JSON)"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty file"),
        (b"\x00\xff\xfe garbage", "a binary file"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xfd7zXZ\0", "a file compressed with xz"),
        (b"\x7fELF\2\1", "a program"),
    ],
)
def test_what_is_something_else_is_called_so(tmp_path, data, what):
    assert complaint(written(tmp_path, data)) == f"not a recorded case (no JSON, but {what})"


def test_what_is_nested_too_deeply_is_no_case(tmp_path):
    assert complaint(written(tmp_path, b"[" * 100_000)) == "not a recorded case (nested too deeply)"


def test_a_small_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path):
    bomb = gzip.compress(b" " * (65 << 20))
    assert "unpacks to more than 64 MiB" in complaint(written(tmp_path, bomb))


def test_a_folder_is_no_case(tmp_path):
    assert "is a folder" in complaint(tmp_path)


@pytest.mark.parametrize("value", [[], [1, 2], "a text", 7, None, True])
def test_json_of_something_else_is_no_case(tmp_path, value):
    assert complaint(written(tmp_path, value)) == "not a recorded case (the case is not a JSON object)"


@pytest.mark.parametrize("field", ["name", "category", "machine", "initial", "ops", "results", "dumps", "final"])
def test_a_missing_field_is_named(tmp_path, case, field):
    del case[field]
    assert complaint(written(tmp_path, case)) == f"not a recorded case (the case lacks {field})"


@pytest.mark.parametrize("field", sorted(recordings.MACHINE))
def test_a_missing_field_of_the_machine_is_named(tmp_path, case, field):
    del case["machine"][field]
    assert complaint(written(tmp_path, case)) == f"not a recorded case (machine lacks {field})"


@pytest.mark.parametrize("field", sorted(recordings.MACHINE_GLOBALS))
def test_a_missing_global_is_named(tmp_path, case, field):
    del case["machine"]["globals"][field]
    assert complaint(written(tmp_path, case)) == f"not a recorded case (machine.globals lacks {field})"


@pytest.mark.parametrize("field", sorted(recordings.STATE))
@pytest.mark.parametrize("state", ["initial", "final"])
def test_a_missing_field_of_a_state_is_named(tmp_path, case, state, field):
    del case[state][field]
    assert complaint(written(tmp_path, case)) == f"not a recorded case (state {state} lacks {field})"


@pytest.mark.parametrize("field", sorted(recordings.STATE_ZONE))
def test_a_missing_field_of_a_zone_is_named(tmp_path, case, field):
    del case["final"]["zones"][-1][field]
    assert complaint(written(tmp_path, case)) == f"not a recorded case (a zone of state final lacks {field})"


def test_operations_and_results_must_be_as_many(tmp_path, case):
    case["results"].append(None)
    assert complaint(written(tmp_path, case)) == "not a recorded case (1 operations but 2 results)"


def test_a_state_must_have_as_many_zones_as_the_machine(tmp_path, case):
    case["final"]["zones"].pop()
    assert complaint(written(tmp_path, case)) == "not a recorded case (state final has 2 zones, the machine 3)"


def test_an_unknown_operation_is_named(tmp_path, case):
    case["ops"][0]["op"] = "reboot"
    assert complaint(written(tmp_path, case)) == "not a recorded case (operation 0 is of the unknown kind 'reboot')"


@pytest.mark.parametrize("kind", sorted(kind for kind, needed in recordings.OPERATIONS.items() if needed))
def test_an_operation_without_its_fields_is_named(tmp_path, case, kind):
    case["ops"][0] = {"op": kind}
    lacking = ", ".join(sorted(recordings.OPERATIONS[kind]))
    assert complaint(written(tmp_path, case)) == f"not a recorded case (operation 0 ({kind}) lacks {lacking})"


def test_a_dump_without_its_state_is_named(tmp_path, case):
    case["ops"][0] = {"op": "dump"}
    assert complaint(written(tmp_path, case)) == "not a recorded case (operation 0 is a dump without a recorded state)"


@pytest.mark.parametrize(
    "alter",
    [
        lambda case: case.update(ops=5),
        lambda case: case.update(ops=[3]),
        lambda case: case.update(results=None),
        lambda case: case.update(dumps=[]),
        lambda case: case.update(final=[]),
        lambda case: case["final"].update(zones=7),
        lambda case: case["final"].update(zones=[1, 2, 3]),
        lambda case: case.update(machine=[]),
        lambda case: case["machine"].update(zones="none"),
        lambda case: case["machine"].update({"globals": 3}),
    ],
)
def test_a_value_of_another_kind_is_no_case(tmp_path, case, alter):
    alter(case)
    assert complaint(written(tmp_path, case)).startswith("not a recorded case (")
