"""ErrorLab without a browser: what breaking a page does to the books, and what the view says of it."""

import random
import xml.etree.ElementTree as ET

import pytest
from toys import START, everything, machine, take

from mirrorlab import Machine, boot
from mirrorlab.questions import survival
from mirrorlab.questions.memory_errors import FOUND, KINDS, OUTCOMES, Errors, cases

widgets = pytest.importorskip("mirrorlab.widgets")
from mirrorlab.widgets import error_lab, error_map, error_odds, palette  # noqa: E402


@pytest.fixture
def m():
    """A toy of 2,048 pages, the upper half mirrored, with 16 pages of the kernel and 16 of a process."""
    m = machine(2048, mirrored=[(1024, 1024)])
    take(m, 4, "GFP_KERNEL")
    take(m, 4, "GFP_HIGHUSER_MOVABLE")
    return m


@pytest.fixture
def view(m):
    view = widgets.ErrorLab(m)
    yield view
    view.close()


def page_of(view, kind):
    return view.errors.some_page(kind, random.Random(0))


def ask(view, word, **more):
    """What a click in the drawing asks."""
    view._receive(None, {"do": word, **more}, None)


def said(view):
    return view.picture()["says"]


def looks(view):
    """What the pages of the window look like: (name, class) of each."""
    looks, classes = palette.LOOKS, palette.CLASSES
    return [(looks[error_map.name_of(code)].name, classes[palette.class_number(code)].name) for code in view.window()]


# -- Breaking one page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("kind", ["free", "user", "kernel", "mirrored"])
def test_a_clicked_page_has_the_outcome_of_its_kind_in_the_model(view, kind, found):
    case, pfn = cases()[kind, found], page_of(view, kind)
    ask(view, "break", pfn=pfn, found=found)
    if case.outcome == "impossible":
        assert case.text in said(view) and view.errors.hits == []
    else:
        assert [(hit.pfn, hit.outcome) for hit in view.errors.hits] == [(pfn, case.outcome)]
        assert OUTCOMES[case.outcome] in said(view) and OUTCOMES[case.outcome] in view.text()
        assert f"[{case.known_by}]" in view.text() and case.known_by in view.svg()


def test_the_kinds_of_pages_are_on_the_map_with_their_memory(view):
    view.do_look(0, START + 256)
    assert looks(view) == [("free", "unmirrored")] * 128
    view.do_look(0, START + 2047)
    assert looks(view) == [("mirrored", "mirrored")] * 128
    for kind in ("user", "kernel"):
        view.do_look(0, page_of(view, kind))
        assert looks(view).count((kind, "unmirrored")) == 16


def test_the_map_tells_lost_pages_from_bad_ones_in_use_and_from_those_nobody_knows(view):
    pages = {}
    for kind, found, name in [
        ("user", "scrubber", "lost to an error"),
        ("kernel", "scrubber", "known to be bad, in use"),
        ("free", "never read", "bad, nobody knows"),
    ]:
        pages[view.break_some(kind, found).pfn] = name
    for pfn, name in pages.items():
        view.do_look(0, pfn)
        assert looks(view)[pfn - view.first][0] == name
        assert name in view.picture()["window"]["words"][pfn - view.first]
    assert sum(code & palette.KIND_MASK == palette.LOST for code in view.overview()) == 1


def test_a_corrected_error_leaves_no_mark_and_is_marked_as_not_measured(view):
    before = view.overview()
    view.break_some("mirrored", "kernel")
    assert view.overview() == before
    hit = view.picture()["hit"]
    assert (hit["evidence"], hit["known"]) == ("literature", "from the literature, not measured")
    assert "(literature)" in view.svg()


def test_the_table_marks_the_case_just_used_and_how_each_is_known(view):
    view.break_some("kernel", "scrubber")
    table = view.picture()["table"]
    row, column = table["used"]
    assert (KINDS[row], FOUND[column]) == ("kernel", "scrubber")
    assert table["rows"][row][1][column] == ["ignored, page stays in use", "measured"]
    assert dict(table["known"])["literature"] == "from the literature, not measured"


def test_a_page_is_shown_by_typing_its_offset(view):
    ask(view, "go", zone=0, page=2047)
    assert view.first == START + 2047 - 127

    ask(view, "go", zone=0, page=2048)
    assert "There is no page +2048 in zone Normal: its last is +2047" in said(view)
    assert view.first == START + 2047 - 127


def test_the_broken_page_is_in_sight_named_and_on_the_map(view):
    ask(view, "go", zone=0, page=0)
    hit = view.break_page(START + 2000, "kernel")
    picture = view.picture()
    assert picture["window"]["first"] <= hit.pfn < picture["window"]["first"] + 128
    assert picture["marks"] == [(hit.pfn, "page +2000 of Normal")]
    assert said(view).startswith("Page +2000 of Normal") and "page +2000 of Normal" in view.svg()


def test_where_there_is_no_memory_nothing_breaks():
    view = widgets.ErrorLab(boot("toy-64m"))
    with pytest.raises(ValueError, match="There is no memory at page \\+199 of DMA"):
        view.break_page(200)  # between 640 KiB and 1 MiB
    view.close()


def test_without_pages_of_a_kind_the_control_says_what_to_do():
    view = widgets.ErrorLab(machine(1024))
    assert ("user", 0) in view.picture()["kinds"]
    for kind, advice in [("user", "GFP_HIGHUSER_MOVABLE"), ("mirrored", "take a machine with mirrored memory")]:
        ask(view, "break_some", kind=kind, found="scrubber")
        assert f"no {kind} page now" in said(view) and advice in said(view)
    assert view.errors.hits == [] and "No memory of this machine is mirrored." in view.text()
    view.close()


def test_a_panic_stops_everything_until_start_again(view):
    one = {"kind": "kernel", "found": "kernel"}
    ask(view, "break_some", **one)
    assert view.picture()["panicked"] and said(view).endswith("kernel panic.")
    assert error_lab.STOPPED in view.text().splitlines()
    for word, more in [
        ("break_some", one),
        ("storm", {"count": 20, "seed": 0, "found": "kernel"}),
        ("break", {"pfn": START, "found": "scrubber"}),
    ]:
        ask(view, word, **more)
        assert "tart again" in said(view) and len(view.errors.hits) == 1

    ask(view, "start_again", seed=0)
    assert view.errors.hits == [] and not view.picture()["panicked"]
    assert "No error yet." in view.text() and said(view) == error_lab.HINT


def test_one_parts_sentence_never_stands_in_the_other(view):
    ask(view, "break_some", kind="user", found="scrubber")
    ask(view, "show", part=error_lab.MANY)
    assert said(view) == ""
    ask(view, "simulate", bad=10, read=1, seed=0)
    assert said(view).startswith("Simulated:")
    ask(view, "show", part=error_lab.ONE)
    assert "process loses the page" in said(view) and "Simulated" not in view.svg()


def test_all_of_a_mirrored_machine_survives_and_says_so():
    m = machine(1024, mirrored=[(0, 1024)])
    take(m, 4, "GFP_KERNEL")
    view = widgets.ErrorLab(m)
    view.storm(200, found="kernel")
    assert set(view.errors.tally()) == {"corrected"}
    assert "All memory above 4 GiB is mirrored." in view.text()
    view.close()


def test_two_labs_of_one_machine_have_one_set_of_books(m):
    one, other = widgets.ErrorLab(m), widgets.ErrorLab(m)
    ask(one, "break_some", kind="kernel", found="scrubber")
    assert other.errors.hits == one.errors.hits != []
    assert other.drawing.picture["tally"] == one.drawing.picture["tally"] != []
    assert other.text() == one.text()
    ask(other, "start_again", seed=0)
    assert one.drawing.picture["tally"] == []
    for view in (one, other):
        view.close()


# -- Chance ---------------------------------------------------------------------------------------------------------


def test_a_storm_is_that_of_the_model_and_the_same_for_the_same_seed(view, m):
    asked = {"count": 30, "seed": 5, "found": error_lab.CHANCE}
    ask(view, "storm", **asked)
    first = list(view.errors.hits)
    assert first == Errors(m).storm(30, 5) != Errors(m).storm(30, 6)
    assert said(view) == f"Storm: {view.errors.in_short()}." and view.errors.in_short() in view.text()

    ask(view, "start_again", seed=5)
    ask(view, "storm", **asked)
    assert view.errors.hits == first


def test_pages_by_chance_are_the_same_after_start_again(view):
    def three():
        return [view.break_some("free", error_lab.CHANCE) for _ in range(3)]

    first = three()
    assert len({hit.pfn for hit in first}) > 1
    view.start_again()
    assert three() == first
    ask(view, "start_again", seed=1)
    assert three() != first


# -- Beside the machine ---------------------------------------------------------------------------------------------


def test_the_allocator_is_left_alone(m):
    before = everything(m)
    view = widgets.ErrorLab(m)
    view.storm(50, 1)
    view.text(), view.svg(), view.picture()
    view.close()
    assert everything(m) == before


def test_what_is_allocated_elsewhere_is_seen_here(view, m):
    view.text()
    m.alloc_pages(3, "GFP_KERNEL", who="inode")
    assert "+ Pages: free: 984 pages, user: 16 pages, kernel: 24 pages" in view.text(changes=True)


def test_two_views_with_the_same_books_stay_in_step_and_a_closed_one_is_let_go(view, m):
    other = widgets.ErrorLab(m, view.errors)
    view.storm(10, 3)
    view.draw(), other.draw()
    assert other.drawing.picture["tally"] == view.drawing.picture["tally"] != []
    assert other.text() == view.text()
    watchers = len(view.story.watchers)
    other.close()
    assert len(view.story.watchers) == watchers - 1


@pytest.mark.parametrize("case", ["order0-pcp-one-0", "exhaustion-all-0", "numa-numa-1"])
def test_recorded_machines_can_be_broken_too(case):
    view = widgets.ErrorLab(Machine.from_recording(case))
    view.storm(20, 0)
    assert view.errors.text() in view.text()
    view.close()


def test_the_picture_is_well_formed_and_the_same_each_time(view):
    view.storm(30, 2)
    ask(view, "show", part=error_lab.MANY)
    view.simulate()
    picture = view.svg()
    assert ET.fromstring(picture).tag.endswith("svg")
    assert view.svg() == picture
    assert view.text(changes=True) and view.text(changes=True) == "(nothing has changed)"


# -- The chance to survive ------------------------------------------------------------------------------------------


@pytest.fixture
def chances(m):
    """A view of the second part; a quarter of the kernel's memory is mirrored."""
    for _ in range(5):
        take(m, 4, "GFP_KERNEL")
    for _ in range(2):
        take(m, 4, "GFP_KERNEL|__GFP_MIRROR")
    view = widgets.ErrorLab(m)
    ask(view, "show", part=error_lab.MANY)
    yield view
    view.close()


CASES = {"nothing mirrored": 128, "as it is now": 96, "the kernel in the mirror": 0}  # pages the machine cannot lose


def test_single_pages_agree_with_the_formula_and_hard_faults_visibly_do_not(chances):
    agreed = 0
    for seed in range(10):
        ask(chances, "simulate", bad=10, read=1, seed=seed)
        lines = chances.simulated.lines
        faults = ("single page", "row", "device")
        assert [(line.fault, line.case) for line in lines] == [(fault, case) for fault in faults for case in CASES]
        agreed += sum(line.verdict == "agrees" for line in lines[:2])
        for line in lines[3:]:
            if line.formula < 1:  # with nothing to lose, every machine survives
                assert line.verdict == "formula does not hold"
                assert abs(line.found.share - line.formula) > 0.1  # as one sees it
    assert agreed >= 18  # of 20, with 99 % confidence each


def test_the_mirror_helps_by_the_share_of_the_kernel_that_is_in_it(chances):
    odds = chances.odds()
    assert {case: memory.fatal.pages() for case, memory in odds.fatal.items()} == CASES
    assert odds.lines[1].formula == pytest.approx(odds.lines[0].formula ** (96 / 128))
    assert odds.lines[2].formula == 1
    cases = {case: (fatal, saved) for case, _, fatal, saved, _ in chances.picture()["odds"]["cases"]}
    assert cases == {case: (fatal, 128 - fatal) for case, fatal in CASES.items()}


def test_in_the_lessons_example_the_chance_differs_and_what_is_reserved_stays():
    m = boot("toy-64m")
    for gfp in 16 * ["GFP_KERNEL", "GFP_HIGHUSER_MOVABLE"]:
        m.alloc_pages(8, gfp)
    view = widgets.ErrorLab(m)
    ask(view, "show", part=error_lab.MANY)
    fatal = {case: fatal for case, _, fatal, *_ in view.picture()["odds"]["cases"]}
    assert fatal["nothing mirrored"] - fatal["the kernel in the mirror"] == 16 * 256  # all it was given
    chances = [chance for *_, chance in view.picture()["odds"]["cases"]]
    assert chances[0] == chances[1] < chances[2] - 0.3
    assert "none of them mirrored" in view.text()
    view.close()


def test_the_kernel_moves_into_the_mirror_as_far_as_there_is_room():
    m = machine(2048, mirrored=[(0, 64)])
    for _ in range(6):
        take(m, 4, "GFP_KERNEL")  # 96 pages outside of it
    assert survival.memory_of(m, moved=True).fatal.pages() == 96 - 64


def test_other_numbers_or_other_memory_ask_a_new_question(chances, m):
    assert {line.verdict for line in chances.odds().lines} == {"not simulated yet"}
    chances.simulate()
    answered = chances.text()
    assert "not simulated yet" not in answered
    ask(chances, "ask", bad=20, read=1, seed=0)
    assert "not simulated yet" in chances.text()
    ask(chances, "ask", bad=10, read=1, seed=0)
    assert chances.text() == answered
    m.alloc_pages(0, "GFP_KERNEL")
    assert "not simulated yet" in chances.text()


def test_the_simulation_answers_to_its_controls(chances):
    ask(chances, "simulate", bad=10, read=0, seed=0)
    assert {line.found.share for line in chances.simulated.lines} == {1.0}
    ask(chances, "simulate", bad=10, read=1, seed=4)
    once = chances.simulated
    assert chances.simulate().lines == once.lines
    assert once.lines[0].found.trials == error_odds.TRIALS
    ask(chances, "simulate", bad=10**9, read=1, seed=0)  # would take for ever
    assert said(chances).startswith("Bad pages lie between 0 and 100")
    assert chances.simulated.asked.bad == 10


def test_without_a_mirror_the_second_part_says_so():
    view = widgets.ErrorLab(machine(1024))
    ask(view, "show", part=error_lab.MANY)
    odds = view.picture()["odds"]
    assert [case for case, *_ in odds["cases"]] == ["nothing mirrored"]
    assert "No memory of this machine is mirrored." in odds["sentences"][1]
    assert odds["sentences"][1] in view.text()
    view.close()
