"""DIFFERENCES.md and the code tell the same departures from Linux."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def in_the_code():
    found = set()
    for path in (ROOT / "mirrorlab" / "linux").glob("*.py"):
        text = path.read_text()
        for comment in re.findall(r"# Kernel: (.*(?:\n\s*# .*)*)", text):
            found.add(f"`{path.name}`: " + re.sub(r"\s*\n\s*# ", " ", comment).strip())
    return found


def in_the_page():
    section = (ROOT / "DIFFERENCES.md").read_text().split("## Known departures")[1].split("\n## ")[0]
    return {" ".join(item.split()) for item in re.findall(r"^- (.*(?:\n  .*)*)", section, re.M)}


def test_every_departure_in_the_code_is_listed_and_the_other_way_round():
    assert in_the_code(), "the search finds nothing any more"
    assert in_the_code() == in_the_page()
