"""Every solution notebook as one opens it: all of it runs, every exercise ends with Right, the console has no error."""

from tools.browser import ROOT

VERDICTS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === "code")
    .map(cell => [cell.model.sharedModel.source.match(/@check\\("(.+?)"/)?.[1],
                  cell.model.outputs.toJSON().map(output => output.data?.["text/plain"] ?? "").join("")])
    .filter(([name]) => name)"""


def test_run_all_of_every_solution(lab):
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        lab.open(path)
        lab.hear_out()
        last = dict(lab.page.evaluate(VERDICTS))
        assert last
        assert {name for name, said in last.items() if not said.startswith("RIGHT")} == set(), path.name
