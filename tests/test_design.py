"""The design page: every component has samples, and the page has all that it needs in itself."""

import importlib
import pkgutil
import re

import pytest

widgets = pytest.importorskip("mirrorlab.widgets")
from mirrorlab import course  # noqa: E402
from mirrorlab.commands import cli, design  # noqa: E402
from mirrorlab.commands.samples import SAMPLES  # noqa: E402
from mirrorlab.widgets import base  # noqa: E402


def components():
    """The views there are, wherever they stand, and what else has a picture of its own."""
    for package in (widgets, course):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    public = [getattr(widgets, name) for name in widgets.__all__]
    return {*_below(base.View), *(each for each in public if hasattr(each, "picture"))}


def _below(view):
    for each in view.__subclasses__():
        if each.stem and each.__module__.startswith("mirrorlab."):
            yield each
        yield from _below(each)


def test_every_component_has_samples():
    assert components() - SAMPLES.keys() == set()
    assert {widgets.Stage, widgets.MachineCard, widgets.Compare} <= components()


def test_the_page_is_one_file_that_asks_for_nothing(tmp_path, capsys, monkeypatch):
    some = {each: SAMPLES[each] for each in (widgets.MachineCard, widgets.Compare, widgets.SlabView)}
    monkeypatch.setattr(design, "SAMPLES", some)
    assert cli.main(["design", str(tmp_path / "new" / "design")]) == 0
    page = tmp_path / "new" / "design" / "index.html"
    assert capsys.readouterr().out == f"wrote {page}\n"
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href|action)=\\?["'](?!#)|@import|url\((?!\\?"data:|#)|fetch\(""", text)
    assert re.findall(r'url\("data:', text)
    for component in some:
        assert f'id="{component.__name__}"' in text
