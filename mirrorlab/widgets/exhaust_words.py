"""ExhaustLab in words: the load, and each line of an explanation once more in plain English."""

from collections.abc import Iterator

from mirrorlab.questions.explain import BELOW, DEPLETED, EMPTY, FULL, OTHER_NODE, Attempt, Explanation, Look
from mirrorlab.questions.load import Load
from mirrorlab.words import count

MIXES: dict[str, tuple[int, ...]] = {  # how often each order is asked for, from order 0 on
    "single pages": (1,),
    "mixed": (6, 2, 1, 1),
    "large blocks": (0, 0, 0, 4, 2, 1, 1),
}


def mix_name(orders: tuple[int, ...]) -> str:
    """What a mix of orders is called."""
    return next((name for name, mix in MIXES.items() if mix == orders), f"as given, {orders}")


def load_in_words(load: Load, mirror: bool) -> str:
    """A load in one line. mirror: whether this kernel knows mirrored requests."""
    mirrored = f" ({load.mirrored:.0%} of these for mirrored memory)" if mirror else ""
    return (
        f"Load: {load.kernel:.0%} of requests by the kernel{mirrored}, the others by processes; "
        f"orders: {mix_name(load.orders)}; {load.frees:.0%} of operations free a block; seed {load.seed}."
    )


def glosses(told: Explanation) -> Iterator[str]:
    """For each line of `told.steps()`, what it means."""
    if told.order:
        yield f"This is the request. Order {told.order} means 2**{told.order} = {1 << told.order} pages side by side."
    else:
        yield "This is the request: a single page."
    kind = f"Mirror blocks first, then for {told.natural} ones" if told.mirror else f"{told.natural} blocks"
    yield f"Free blocks are sorted by type; it looks for {kind}. The zones are tried from left to right."
    for attempt in told.attempts:
        yield next(words for start, words in _ATTEMPTS if attempt.title.startswith(start))
        for look in attempt.looks:
            yield _look(told, attempt, look)
    yield "This is how it ended, and why, in short."


_ATTEMPTS = (  # how an attempt's title begins -> what it means; the first that fits
    ("First attempt made again", "Asking for Mirror blocks came to nothing. The same walk, for its own type."),
    ("First attempt", "A walk along the zones. A zone may serve only if it keeps more free pages than its watermark."),
    ("The same, with every", "Zones take turns by shares, the batches. All shares are renewed for another walk."),
    ("The same", "The same walk once more, now also through the zones that were left out."),
    ("Slow path", "In need the kernel digs deeper: now only the min watermark holds, or a part of it."),
    ("Last resort", "This request may have whatever is free: no watermark holds."),
)


def _look(told: Explanation, attempt: Attempt, look: Look) -> str:
    if look.what == BELOW and look.checks:
        return _below(told, attempt, look)
    if look.what == EMPTY:
        return f"{look.zone} has enough free pages. {_unfit(told, attempt, look)}"
    return _LOOKS.get(look.what, "Enough stays free here, and a block fits.").format(look.zone)


_LOOKS = {
    BELOW: "{} would keep too few pages.",
    DEPLETED: "{} has given its share of this round: other zones come first.",
    OTHER_NODE: "{} is memory of another node, which is slower to reach: it comes in a later walk.",
    FULL: "{} was found full a moment ago, and the zonelist remembers that: not even a look.",
}


def _unfit(told: Explanation, attempt: Attempt, look: Look) -> str:
    """Why a zone that passes the check has nothing for the request."""
    mirror = look.large_enough.get("Mirror", 0)
    if not mirror or attempt.migratetype == "Mirror":
        return "But no block is both large enough and of a type that it may take."
    if told.mirror:
        return f"But {count(mirror, 'page')} of them are in Mirror blocks, and those only the first walk could take."
    return f"But {count(mirror, 'page')} of them are in Mirror blocks, and those are kept for requests that ask for it."


def _below(told: Explanation, attempt: Attempt, look: Look) -> str:
    failed = look.checks[-1]
    has = f"{look.zone} has {count(look.free, 'free page')}"
    if failed.order:
        return (
            f"{has}, but in small pieces. In blocks of order {failed.order} or more the kernel counts {failed.free}, "
            f"and wants more than {failed.mark}."
        )
    if failed.free < 0:
        return f"{has}, fewer than are asked for."
    block = f"{look.zone}, as if all but one page of the block were taken" if told.order else look.zone
    left = "what is left of " if "given up" in attempt.title else ""
    reserve = f", and the {failed.reserve} it keeps for requests that can only use low memory" if failed.reserve else ""
    return (
        f"The kernel counts {count(failed.free, 'free page')} in {block}. It wants more than {failed.mark}, "
        f"{left}the {look.mark} watermark{reserve}."
    )
