"""Altered rules: the same exercise in a kernel that is not Linux 4.1, so that looking the answer up is no help.

The judge is then the model under the same rule; recordings of the real kernel say nothing about it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from mirrorlab import linux
from mirrorlab.words import joined


class Unknown(ValueError):
    """A name that does not exist; the message says which one is nearest, or those that exist."""

    def __init__(self, what: str, name: object, names: Sequence[str], more: str = "") -> None:
        near = [each for each in names if name and str(name).lower() in each] or get_close_matches(str(name), names, 1)
        rest = f"Did you mean {near[0]!r}?" if near else f"Choose one of {joined(names)}."
        super().__init__(f"there is no {what} {name!r}. {rest}{more}")

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback."""
        return [str(self)]


@dataclass(frozen=True)
class Rule:
    """One way in which a kernel differs."""

    name: str
    sentence: str
    """What the learner is told."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Build options (kconfig.py)."""
    replace: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """Functions of the model that differ."""
    fallbacks_reversed: bool = False
    changes: frozenset[str] = frozenset()
    """Functions that have to be written differently: their usual solution is wrong under this rule."""


def parent_will_stay(zone, pfn, order):
    """The tail rule, inverted. Runs as part of the kernel, where these names are known."""
    parent = pfn & ~(1 << order)
    buddy = __find_buddy_index(parent, order + 1)  # type: ignore[name-defined]  # noqa: F821
    return not page_is_buddy(zone, buddy, order + 1)  # type: ignore[name-defined]  # noqa: F821


def said_of_the_model(text: str) -> str:
    """A sentence about Linux, as it is said where an altered rule makes the model the judge."""
    text = "The model under this rule" + text.removeprefix("Linux") if text.startswith("Linux ") else text
    return text.replace("Linux's", "the model's").replace("Linux", "the model under this rule")


LINUX = Rule("linux", "Linux 4.1 as it is.")
_FIXED = {
    "tail=inverted": Rule(
        "tail=inverted",
        "Here a freed block goes to the tail of its list when its parent's buddy is *not* free, else to the head."
        " (A block of the two largest orders always goes to the head.)",
        replace={"parent_will_merge": parent_will_stay},
        changes=frozenset({"__free_one_page"}),
    ),
    "fallback=reversed": Rule(
        "fallback=reversed",
        "Here the rows of the table `fallbacks` are reversed: the usual last choice comes first.",
        fallbacks_reversed=True,
    ),
}
MAX_ORDERS = range(6, 11)
EXAMPLES = ("max_order=8", *_FIXED)


def find(name: str | None) -> Rule:
    """The rule with this name; None or "linux": Linux as it is. Raises Unknown."""
    if name is None or name == LINUX.name:
        return LINUX
    if name in _FIXED:
        return _FIXED[name]
    option, _, value = str(name).partition("=")
    if option == "max_order" and value.isdecimal() and int(value) in MAX_ORDERS:
        sentence = f"Here MAX_ORDER is {value}: blocks have orders 0 to {int(value) - 1}."
        return Rule(name, sentence, config={"FORCE_MAX_ZONEORDER": int(value)})
    raise Unknown("rule", name, EXAMPLES, f" max_order may be {MAX_ORDERS[0]} to {MAX_ORDERS[-1]}.")


def load(
    rule: Rule,
    config: Mapping[str, Any] | None = None,
    replace: Mapping[str, Callable[..., Any]] | None = None,
    without: Collection[str] = (),
) -> linux.Kernel:
    """A kernel under a rule, with more build options and replaced functions if given, and without some functions."""
    altered = {name: function for name, function in rule.replace.items() if name not in without}
    kernel = linux.load({**altered, **(replace or {})}, {**(config or {}), **rule.config}, without)
    if rule.fallbacks_reversed:
        table = kernel.page_alloc.fallbacks
        table.update({migratetype: row[::-1] for migratetype, row in table.items()})
    return kernel
