"""DIFFERENCES.md and the code tell the same departures from Linux."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def owner(tree, line):
    """The name of the function, class or constant that a line of a file stands in or just before."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    inside = [node for node in nodes if node.lineno <= line <= node.end_lineno]
    if inside:
        return max(inside, key=lambda node: node.lineno).name
    after = next(node for node in tree.body if node.lineno > line)
    return after.name if hasattr(after, "name") else ast.unparse(getattr(after, "targets", [after])[0])


def in_the_code():
    """Each departure as the page should tell it, with the file it stands in."""
    for path in sorted((ROOT / "mirrorlab").rglob("*.py")):
        text = path.read_text()
        for found in re.finditer(r"# Kernel: (.*(?:\n\s*# .*)*)", text):
            line = text.count("\n", 0, found.start()) + 1
            told = " ".join(re.sub(r"\n\s*# ", " ", found[1]).split())
            yield f"`{owner(ast.parse(text), line)}`: Linux {told}", path


def in_the_page():
    section = (ROOT / "DIFFERENCES.md").read_text().split("## Known departures")[1].split("\n## ")[0]
    return [" ".join(item.split()) for item in re.findall(r"^- (.*(?:\n  .*)*)", section, re.M)]


def test_every_departure_in_the_code_is_listed_and_the_other_way_round():
    assert sorted(told for told, _ in in_the_code()) == in_the_page()


def test_every_departure_is_one_of_the_models_and_says_what_the_model_does():
    assert {path.parent.name for _, path in in_the_code()} == {"linux"}
    assert [told for told, _ in in_the_code() if not re.search(r"\bthe model\b", told)] == []


def test_a_comment_on_linux_has_the_form_that_is_looked_for():
    odd = re.compile(r"\bKernel: |# (?:In )?Linux\b.*:")
    text = "\n".join(path.read_text() for path in (ROOT / "mirrorlab" / "linux").glob("*.py"))
    lines = [line.strip() for line in text.splitlines()]
    assert [line for line in lines if odd.search(line) and not line.startswith("# Kernel: ")] == []
