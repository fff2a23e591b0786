"""ExhaustLab without a browser: runs that can be repeated, stopped, interrupted and taken up anywhere in the story."""

import asyncio
import signal
import xml.etree.ElementTree as ET

import pytest
from toys import START, everything, machine

from mirrorlab.questions.load import Load, Run
from mirrorlab.story import recording

widgets = pytest.importorskip("mirrorlab.widgets")
from mirrorlab.widgets import exhaust_story, exhaust_words  # noqa: E402

SINGLE = Load(orders=(1,), frees=0.25, seed=1)


def toy(**more):
    """2,048 pages, the upper half of them mirrored."""
    return machine(2048, mirrored=[(1024, 1024)], min_free_kbytes=128, **more)


@pytest.fixture
def lab():
    view = widgets.ExhaustLab(toy(), SINGLE)
    yield view
    view.close()


def said(view):
    return view.drawing.said[1]


# -- Runs ---------------------------------------------------------------------------------------------------------


def test_the_same_seed_fails_at_the_same_operation_and_reads_the_same(lab):
    twin = widgets.ExhaustLab(toy(), SINGLE)
    other = widgets.ExhaustLab(toy(), Load(orders=(1,), frees=0.25, seed=2))
    for view in (lab, twin, other):
        view.run()
    assert lab.track.run.failure is not None
    assert lab.text() == twin.text() != other.text()
    assert lab.svg() == twin.svg() != other.svg()
    assert everything(lab.machine) == everything(twin.machine)
    twin.close()
    other.close()


def test_slices_make_the_run_that_one_piece_makes(lab, monkeypatch):
    whole = Run(toy(), SINGLE)
    whole.go()
    monkeypatch.setattr(exhaust_story, "SLICE", 7)
    lab.run()
    assert lab.track.run.samples == whole.samples
    assert lab.track.run.failure == whole.failure


def test_a_run_ends_with_the_failing_request_explained(lab):
    lab.run()
    last = lab.machine.recording.operations[-1]
    assert last.method == "alloc_pages" and last.result is None
    first = f"Operation {lab.track.run.operation:,}: no page for {lab.track.run.failure}. "
    assert said(lab) == lab.text().splitlines()[0] and said(lab).startswith(first)
    assert said(lab).removeprefix(first) in lab.why()[-1]
    assert lab.text().endswith("\n".join(lab.why()))
    assert lab.why()[0].startswith("Asked: 1 page (order 0), ")


def test_the_buttons_do_what_the_methods_do(lab):
    twin = widgets.ExhaustLab(toy(), SINGLE)
    for press, method in ((twin.do_run, lab.run), (twin.do_run_on, lab.run_on)):
        press()
        method()
        assert twin.text() == lab.text()
    twin.do_stop()
    assert said(twin) == "Nothing is running."
    twin.do_again()
    assert twin.machine.owners == {}
    twin.close()


def test_running_on_counts_failures_by_who_asked(lab):
    lab.run()
    lab.run_on(400)
    failed = lab.track.run.failed
    assert sum(failed.values()) > 10
    operations = lab.machine.recording.operations
    for who, count in failed.items():
        assert count == sum(each.arguments.get("who") == who and each.result is None for each in operations)


def test_the_controls_hold_from_the_next_start_on(lab):
    for name, value in (("kernel", 0), ("orders", "mixed"), ("seed", 7)):
        lab.do_set(name, value)
    wanted = Load(kernel=0, orders=exhaust_words.MIXES["mixed"], frees=0.25, seed=7)
    assert lab.track.run.load == wanted  # nothing has run yet
    assert lab.picture()["load"]["orders"] == "mixed"

    lab.run(10)
    lab.do_set("mirrored", 1)
    assert said(lab) == "What you changed holds from the next start on: press Again."
    assert lab.track.run.load == wanted
    assert "At the next start: Load: 0% of requests by the kernel (100% of these" in lab.text()
    lab.start_again()
    assert lab.track.run.load.mirrored == 1 and lab.machine.owners == {}


def test_a_load_the_machine_does_not_know_is_refused():
    with pytest.raises(ValueError, match="orders go from 0 to 10"):
        widgets.ExhaustLab(toy(), Load(orders=(1,) * 12))


# -- Stop and interrupt --------------------------------------------------------------------------------------------


def test_a_button_runs_in_the_background_and_stop_ends_it(lab, monkeypatch):
    monkeypatch.setattr(exhaust_story, "SLICE", 10)

    async def notebook():
        lab.do_run()
        assert lab.track.run.operation == 10
        await asyncio.sleep(0)
        assert lab.picture()["progress"][0] == lab.track.run.operation < 50_000
        lab.attempt(lab.do_run)  # what a click does
        assert said(lab) == "A run is going on: stop it first."
        lab.stop()
        await lab.running

    asyncio.run(notebook())
    made = lab.track.run.operation
    assert 0 < made < 100 and len(lab.machine.recording.operations) == made
    assert said(lab) == f"{made} operations; so far 0 requests found no page."
    assert lab.picture()["progress"] is None

    whole = Run(toy(), SINGLE)
    whole.go()
    lab.run()
    assert lab.track.run.operation == whole.operation


@pytest.mark.parametrize("when", (5, 30, 47))
def test_an_interrupt_leaves_nothing_broken(lab, monkeypatch, when):
    calls = 0
    one = Run._one

    def interrupted(self):
        nonlocal calls
        calls += 1
        if calls == when:
            one(self)  # made, but the load does not get to know it
            raise KeyboardInterrupt
        return one(self)

    monkeypatch.setattr(Run, "_one", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lab.run()
    assert lab.track.run.operation == len(lab.machine.recording.operations) == when

    whole = Run(toy(), SINGLE)
    whole.go()
    lab.run()
    assert (lab.track.run.operation, lab.track.run.failure) == (whole.operation, whole.failure)
    assert everything(lab.machine) == everything(whole.machine)


def test_an_interrupt_of_a_run_in_the_background_stops_it_like_the_button(lab, monkeypatch):
    one = Run._one

    def interrupted(self):
        if self.operation == 25:
            signal.raise_signal(signal.SIGINT)
        return one(self)

    async def notebook():
        lab.do_run()
        await lab.running

    monkeypatch.setattr(exhaust_story, "SLICE", 10)
    monkeypatch.setattr(Run, "_one", interrupted)
    before = signal.getsignal(signal.SIGINT)
    asyncio.run(notebook())
    assert signal.getsignal(signal.SIGINT) is before
    assert lab.track.run.operation == len(lab.machine.recording.operations) == 30  # to the end of the slice


def test_what_breaks_off_in_the_background_is_said(lab, monkeypatch):
    def broken(*_):
        raise RuntimeError("a rule that divides by zero")

    async def notebook():
        lab.do_run()
        monkeypatch.setattr(Run, "_one", broken)
        await lab.running

    monkeypatch.setattr(exhaust_story, "SLICE", 10)
    with monkeypatch.context():
        asyncio.run(notebook())
    assert said(lab) == "The run broke off: RuntimeError: a rule that divides by zero"


# -- The machine's story ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 1, 777, 1500])
def test_after_going_back_in_time_the_same_future_follows(lab, position, monkeypatch):
    monkeypatch.setattr(exhaust_story, "PLACES_EVERY", 600)
    lab.run()
    text, state = lab.text(), everything(lab.machine)
    story = lab.machine.recording
    assert position < len(story.operations)
    story.goto(position)
    assert f"The machine is back at operation {position:,}: the load would go on from there." in lab.text()
    lab.run()
    assert everything(lab.machine) == state
    assert lab.text() == text


def test_what_others_do_in_between_becomes_part_of_the_story(lab):
    lab.run(300)
    story = lab.machine.recording
    first = lab.machine.alloc_pages(3, who="somebody else")
    assert "Somebody else has changed the machine since the load ran." in lab.text()
    lab.run()
    end = everything(lab.machine)
    assert lab.track.run.operation == len(story.operations) - 1

    story.goto(900)
    assert lab.track.operation() == 899
    lab.run()
    assert everything(lab.machine) == end
    assert lab.machine.owners[first].who == "somebody else"


def test_when_the_story_has_gone_another_way_the_load_begins_anew():
    m = toy()
    for _ in range(5):
        m_story = recording.Recording.of(m)
        m.alloc_pages()
    lab = widgets.ExhaustLab(m_story, SINGLE)
    lab.run(50)
    m_story.goto(2)
    m.alloc_pages(4)
    assert "the load will start again from where the machine is" in lab.text()
    lab.run(10)
    assert lab.track.run.operation == 10 and len(m_story.operations) == 13
    lab.close()


def test_two_labs_and_a_view_of_memory_on_one_machine_stay_in_step(lab):
    second = widgets.ExhaustLab(lab.machine, SINGLE)
    memory = widgets.Stage(lab.machine)
    lab.run(200)
    assert second.zones() == lab.zones()
    assert memory.story.position == 200
    memory.story.goto(100)
    assert "back at operation 100" in lab.text()
    memory.close()
    second.close()


@pytest.mark.parametrize(
    ("case", "order", "position", "reason", "gloss"),
    [
        (
            "exhaustion-one-0", 2, 3741,
            "No page. Normal passes the check with 761 free pages, "
            "but what is large enough (760 Mirror) is not for Movable requests.",
            "Normal has enough free pages. But 760 pages of them are in Mirror blocks, "
            "and those are kept for requests that ask for it.",
        ),
        (
            "exhaustion-all-0", 0, None,
            "No page. Normal has 232 Mirror pages in blocks large enough, "
            "but only a zone above its low watermark gives them out.",
            "Normal has enough free pages. But 232 pages of them are in Mirror blocks, "
            "and those only the first walk could take.",
        ),
    ],
)  # fmt: skip
def test_a_recorded_failure_is_explained_with_the_machine_as_it_was(case, order, position, reason, gloss):
    story = recording.Recording.of_case(case)
    track = exhaust_story.LoadStory(story, Load())
    for at in [position] if position else failures(story):
        story.goto(at)
        if track.explanation().steps()[-1] == reason:
            break
    lab = widgets.ExhaustLab(story)
    assert lab.why()[-1] == reason
    assert gloss in [words for _, words in lab.picture()["why"]]
    assert story.operations[story.position - 1].arguments["order"] == order
    lab.close()


def failures(story):
    return [k for k in story.positions("alloc_pages") if story.operations[k - 1].result is None]


@pytest.mark.parametrize("case", ["exhaustion-one-0", "exhaustion-none-0", "exhaustion-movable-0", "numa-numa1-2"])
def test_each_line_of_an_explanation_has_its_plain_words(case):
    story = recording.Recording.of_case(case)
    track = exhaust_story.LoadStory(story, Load())
    for position in failures(story)[:10]:
        story.goto(position)
        told = track.explanation()
        plain = list(exhaust_words.glosses(told))
        assert len(plain) == len(told.steps()) > 5
        assert all(words.endswith(".") and "{" not in words for words in plain)


# -- Machines of all kinds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("exhaustion-none-0", "No memory of this machine is mirrored."),
        ("exhaustion-all-0", "All memory above 4 GiB is mirrored."),
        ("numa-numa-1", "8,192 of 31,140 pages above 4 GiB are mirrored."),
    ],
)
def test_machines_without_mirror_all_mirrored_and_with_two_nodes(case, words):
    lab = widgets.ExhaustLab(case, Load(orders=exhaust_words.MIXES["large blocks"], frees=0, seed=1))
    lab.run()
    assert words in lab.text() and lab.why()[-1].startswith("No page.")
    ET.fromstring(lab.svg())
    lab.close()


def test_a_kernel_without_the_rfc_has_no_mirrored_share():
    lab = widgets.ExhaustLab(machine(1024, MEMORY_MIRROR=False, min_free_kbytes=64), SINGLE)
    assert not lab.picture()["mirror"]
    assert "This kernel is built without the RFC" in lab.text() and "for mirrored memory)" not in lab.text()
    lab.close()


# -- Pictures -------------------------------------------------------------------------------------------------------


def test_the_text_can_tell_only_what_changed(lab):
    lab.text()
    lab.run()
    changes = lab.text(changes=True).splitlines()
    assert any(line.startswith("+ Operation ") for line in changes)
    assert not any("of 4 KiB" in line for line in changes)


def test_the_first_time_each_kind_of_request_got_less_is_marked():
    lab = widgets.ExhaustLab(toy(), Load(kernel=0.8, mirrored=0.8, orders=(1,), seed=1))
    lab.run()
    lab.run_on()
    story = lab.machine.recording
    moments = lab.track.run.moments
    assert {("user", True), ("kernel, mirrored", False)} <= moments.keys()
    for (who, refused), moment in moments.items():
        mine = [
            at for at, each in enumerate(story.operations, 1)
            if each.arguments.get("who") == who and refused == (each.result is None) and (refused or less(each, moment))
        ]  # fmt: skip
        assert moment.operation == mine[0]
    marks = lab.picture()["chart"]["marks"]
    assert len(marks) == len(moments) and all(f"{mark['words']}" in lab.text() for mark in marks)
    places = [(mark["at"], mark["row"]) for mark in marks]
    assert places == sorted(places, key=lambda place: place[0]) and len(set(places)) == len(places)
    lab.close()


def less(operation, moment):
    """Whether a request got what its kind fell back to."""
    if moment.words == "got other memory":
        return operation.result < START + 1024
    return any(event[0] == "mm_page_alloc_extfrag" for event in operation.events)


def test_the_bands_hold_all_free_pages_of_the_zones(lab):
    lab.run(500)
    picture = lab.picture()
    free = sum(pages for _, _, pages, *_ in picture["chart"]["bands"])
    assert free == sum(int(row[1].replace(",", "")) for row in picture["zones"][1:])
    assert picture["chart"]["most"] == 2048


def test_a_closed_lab_watches_no_longer(lab):
    other = widgets.ExhaustLab(lab.machine, SINGLE)
    other.close()
    assert len(lab.machine.recording.watchers) == 2  # of the first, and of its load
