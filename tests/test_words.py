"""How numbers, lists and tables are said."""

import pytest

from mirrorlab import linux, words


@pytest.mark.parametrize(("number", "said"), [(0, "0 pages"), (1, "1 page"), (2048, "2,048 pages")])
def test_a_number_has_its_noun(number, said):
    assert words.count(number, "page") == said


def test_things_are_joined_as_in_a_sentence():
    assert [words.joined(range(many)) for many in (1, 2, 3)] == ["0", "0 and 1", "0, 1 and 2"]


def test_long_lists_and_texts_say_that_they_were_cut():
    assert words.listed(["+1", "+2"], 2) == "+1 +2"
    assert words.listed(["+1", "+2"], 1002) == "+1 +2 and 1,000 more"
    assert words.few([1, 2], at_most=2) == "[1, 2]"
    assert words.few([1, 2, 3], at_most=2) == "[1, 2, ...]"
    assert words.shorten("abc", 3) == "abc"
    assert words.shorten("abcd", 3) == "abc ... (cut: 4 characters)"


def test_columns_of_a_table_are_aligned():
    rows = [["name", "", "pages"], ["DMA", "", 3998], ["Normal", "", 12]]
    assert words.table(rows) == ["name      pages", "DMA        3998", "Normal       12"]
    assert words.table(rows, "<", indent=1) == [" name      pages", " DMA       3998", " Normal    12"]


def test_a_table_in_html_has_headings_and_escapes_what_it_holds():
    made = words.html_table([["zone", "pages"], ["<DMA>", 3]], "a & b")
    assert "a &amp; b</caption><tr><th scope='row'>zone</th><th>pages</th></tr>" in made
    assert "<tr><th scope='row'>&lt;DMA&gt;</th><td>3</td></tr></table>" in made


def test_a_type_is_called_as_its_kernel_calls_it():
    without = linux.load(config={"MEMORY_MIRROR": False, "MEMORY_ISOLATION": True})
    assert [words.type_name(without, kind) for kind in (2, 3, 4, 5, None)] == [
        *("Movable", "Reserve", "Isolate", "5", "None"),
    ]
    assert set(words.type_names(without)) == set(words.TYPES) - {"Mirror"}
