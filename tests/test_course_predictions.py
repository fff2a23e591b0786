"""A prediction is shown beside the answer; it is never refused."""

import pytest

from mirrorlab.course.learner.predict import predict, set_seed, variant
from mirrorlab.course.learner.progress import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def said(capsys, *arguments, **more):
    predict(*arguments, **more)
    return capsys.readouterr().out


def test_a_prediction_that_came_true(capsys):
    assert said(capsys, [(0, 3)], [(0, 3)], "Which bit?") == (
        "you said: [(0, 3)]\nit is:    [(0, 3)]  as you said\nWhy? Which bit?\n"
    )


def test_a_prediction_that_did_not(capsys):
    assert said(capsys, 7, 8).startswith("you said: 7\nit is:    8  not what you said\nWhy? ")


@pytest.mark.parametrize("nothing", [None, ...])
def test_a_skipped_prediction(capsys, store, nothing):
    assert said(capsys, nothing, 8, name="p", store=store).startswith("you said: nothing (skipped)\nit is:    8\n")
    assert store.read()["predictions"] == {}


def test_lists_and_tuples_count_as_the_same(capsys):
    assert "as you said" in said(capsys, ([0, 3], [4, 1]), [(0, 3), (4, 1)])


def test_a_number_may_be_written_in_hexadecimal(capsys):
    assert "  as you said" in said(capsys, 0x102C90, "0x102c90")
    assert "  as you said" in said(capsys, [("0xFF", 2)], [(255, 2)])
    assert "not what you said" in said(capsys, "B", 0xB)


def test_another_order_is_no_other_answer(capsys, store):
    assert "  as you said, but in another order" in said(capsys, [4, (0, 2)], [(0, 2), 4], name="p", store=store)
    assert "not what you said" in said(capsys, [4, 4, 2], [4, 2, 2])
    assert store.read()["predictions"] == {"p": {"right": False}}


def test_the_first_prediction_is_the_one_that_counts(capsys, store):
    said(capsys, 7, 8, name="p", store=store)
    said(capsys, 8, 8, name="p", store=store)
    assert store.read()["predictions"] == {"p": {"right": False}}


def test_the_learners_seed_chooses_the_variant(store):
    choices = ["a", "b", "c"]
    assert variant("p", choices, store) == "a"
    seen = set()
    for seed in range(1, 30):
        set_seed(seed, store)
        assert variant("p", choices, store) == variant("p", choices, store)
        seen.add(variant("p", choices, store))
    assert seen == set(choices)


def test_another_question_than_the_texts_is_announced(capsys, store):
    for seed in range(8):
        set_seed(seed, store)
        chosen = variant("02 PAGES", [44, 52, 27], store)
        said = f"With your seed, {seed}: PAGES = {chosen} (in the text: 44)\n" if chosen != 44 else ""
        assert capsys.readouterr().out == said


def test_a_seed_is_a_whole_number(store):
    with pytest.raises(ValueError, match="a seed is a whole number, not 'x'"):
        set_seed("x", store)
