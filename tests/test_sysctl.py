"""The two settings under /proc/sys/vm, seen through a machine."""

import pytest
import toys

from mirrorlab import linux


def test_a_setting_can_be_read_and_set():
    m = toys.machine(16, MAX=4)
    assert m.sysctl("vm.mirrorable") == 0
    assert m.sysctl("vm.mirrorable", 1) == 1
    assert m.sysctl("vm.mirrorable") == 1


@pytest.mark.parametrize("value", [-1, 2, -(2**31), 2**31 - 1])
def test_mirrorable_takes_any_int_as_in_the_rfc(value):
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    assert m.sysctl("vm.mirrorable", value) == value
    assert toys.take(m, 0, "GFP_KERNEL") == 0  # a mirrored page: whatever is not 0 means yes


def test_min_free_kbytes_recomputes_the_watermarks():
    m = toys.machine(4096)
    assert m.sysctl("vm.min_free_kbytes", 400) == 400
    assert toys.zone_of(m).watermark == [100, 125, 150]  # 400 kB are 100 pages, a quarter more, half as much again
    assert m.g.user_min_free_kbytes == 400


def test_min_free_kbytes_of_zero_lets_every_page_be_used():
    m = toys.machine(16, MAX=4, min_free_kbytes=16)
    m.sysctl("vm.min_free_kbytes", 0)
    assert [toys.take(m) for _ in range(17)].count(None) == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("vm.swap", None, "there is no setting 'vm.swap': this kernel has vm.min_free_kbytes and vm.mirrorable"),
        ("vm.min_free_kbytes", -1, "vm.min_free_kbytes takes a whole number from 0 to 2147483647, not -1"),
        ("vm.min_free_kbytes", "many", "vm.min_free_kbytes takes a whole number from 0 to 2147483647, not 'many'"),
        ("vm.mirrorable", 0.5, "vm.mirrorable takes a whole number from -2147483648 to 2147483647, not 0.5"),
        ("vm.mirrorable", 2**31, "vm.mirrorable takes a whole number from -2147483648 to 2147483647, not 2147483648"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_one_sentence(name, value, message):
    m = toys.machine(16, MAX=4)
    before = toys.everything(m)
    with pytest.raises(ValueError) as problem:
        m.sysctl(name, value)
    assert str(problem.value) == message
    assert toys.everything(m) == before


def test_a_kernel_without_the_rfc_has_no_mirrorable():
    m = toys.machine(1024, kernel=linux.load(config={"MEMORY_MIRROR": False}))
    with pytest.raises(ValueError, match=r"there is no setting 'vm.mirrorable': this kernel has vm.min_free_kbytes"):
        m.sysctl("vm.mirrorable")
