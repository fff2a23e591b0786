"""Altered rules: the same exercise in a kernel that is not Linux 4.1, so that looking the answer up is no help.

The judge is then the model under the same rule; recordings of the real kernel say nothing about it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mirrorlab import linux


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
        "Here the rows of the table `fallbacks` are reversed: the last choice of Linux comes first.",
        fallbacks_reversed=True,
    ),
}
MAX_ORDERS = range(6, 11)
EXAMPLES = ("max_order=8", *_FIXED)


def find(name: str | None) -> Rule:
    """The rule with this name; None or "linux": Linux as it is. Raises ValueError with the names that exist."""
    if name is None or name == LINUX.name:
        return LINUX
    if name in _FIXED:
        return _FIXED[name]
    option, _, value = name.partition("=")
    if option == "max_order" and value.isdecimal() and int(value) in MAX_ORDERS:
        sentence = f"Here MAX_ORDER is {value}: blocks have orders 0 to {int(value) - 1}."
        return Rule(name, sentence, config={"FORCE_MAX_ZONEORDER": int(value)})
    raise ValueError(f"there is no rule {name!r}: name one of {', '.join(EXAMPLES)} (max_order from 6 to 10)")


def load(
    rule: Rule, config: Mapping[str, Any] | None = None, replace: Mapping[str, Callable[..., Any]] | None = None
) -> linux.Kernel:
    """A kernel under a rule, with more build options and replaced functions if given."""
    kernel = linux.load({**rule.replace, **(replace or {})}, {**(config or {}), **rule.config})
    if rule.fallbacks_reversed:
        table = kernel.page_alloc.fallbacks
        table.update({migratetype: row[::-1] for migratetype, row in table.items()})
    return kernel
