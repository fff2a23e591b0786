"""The design page: every component in every state, made from the real widgets, as one file for any browser."""

import base64
import html
import json
from pathlib import Path
from typing import Any

from mirrorlab.commands.samples import SAMPLES, State
from mirrorlab.machine import files
from mirrorlab.widgets import base

SCRIPT = Path(__file__).with_suffix(".js")
SHEET = """\
body { margin: 0; font: 14px/1.45 system-ui, sans-serif; background: #fff; color: #1c1f26; }
main { max-width: 950px; margin: 0 auto; padding: 16px; }
body.narrow main { max-width: 700px; }
h1 { font-size: 26px; } main h2 { font-size: 20px; margin: 40px 0 0; } main h2 + figure { margin-top: 0; }
figure { margin: 24px 0 0; } figcaption { margin-bottom: 4px; }
nav { display: flex; flex-wrap: wrap; gap: 8px 16px; } nav button { font: inherit; }
nav a { color: #3546c4; }
"""
DARK = "background: #111; color: #eef0f4; color-scheme: dark;"
DARK_SHEET = f"""\
@media (prefers-color-scheme: dark) {{
  body:not([data-jp-theme-light="true"]) {{ {DARK} }} body:not([data-jp-theme-light="true"]) nav a {{ color: #a9b4ff; }}
}}
body[data-jp-theme-light="false"] {{ {DARK} }} body[data-jp-theme-light="false"] nav a {{ color: #a9b4ff; }}
"""
NATIVE = " (its native controls are JupyterLab's, and not here)"


def write(folder: Path) -> Path:
    """Write the page into a folder; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    files.write(page, made())
    return page


def made() -> str:
    """The page as text. It asks for nothing outside of itself."""
    parts: list[str] = []
    drawings: list[dict[str, Any]] = []
    scripts: dict[str, str] = {}
    sheets: dict[str, str] = {}
    for component, make in SAMPLES.items():
        states, figures = list(make()), []
        for state in states:
            figures.append(_figure(state, len(drawings)))
            if isinstance(state.shown, base.View):
                drawings.append(_plain(state))
                drawing, stem = state.shown.drawing, state.shown.stem
                scripts[stem], sheets[stem] = str(drawing._esm), str(drawing._css)
        for state in states:
            if isinstance(state.shown, base.View):
                state.shown.close()
        name = component.__name__
        parts.append(f'<section id="{name}" class="component"><h2>{name}</h2>{"".join(figures)}</section>')
    links = "".join(f'<a href="#{component.__name__}">{component.__name__}</a>' for component in SAMPLES)
    buttons = "".join(f'<button data-look="{look}">{look}</button>' for look in ("light", "dark", "950 px", "700 px"))
    data = json.dumps({"drawings": drawings, "scripts": scripts}).replace("<", "\\u003c")
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>mirrorlab: all components</title><style>{SHEET}{DARK_SHEET}{''.join(sheets.values())}</style>"
    )
    body = (
        f'<main><h1>All components, in all states</h1><nav aria-label="Looks and components">{buttons}{links}</nav>'
        f'{"".join(parts)}</main><script type="application/json" id="data">{data}</script>'
        f'<script type="module">{SCRIPT.read_text(encoding="utf-8")}</script>'
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _figure(state: State, number: int) -> str:
    view = state.shown
    if not isinstance(view, base.View):
        return f"<figure><figcaption>{html.escape(state.name)}</figcaption>{view.html()}</figure>"
    opened = " data-opened" if state.clicks or state.opened else ""
    native = NATIVE if len(view.children) > 1 else ""
    return (
        f"<figure><figcaption>{html.escape(state.name)}{native}</figcaption>"
        f'<div class="mirrorlab {base.css_class(view.stem)}" data-drawing="{number}"{opened}></div></figure>'
    )


def _plain(state: State) -> dict[str, Any]:
    """What the script needs of a view: its traits, and what to click."""
    view = state.shown
    view.draw()
    traits = {name: _json(getattr(view.drawing, name)) for name in base.Drawing.class_own_traits(sync=True)}
    return {"script": view.stem, "traits": traits, "clicks": state.clicks}


def _json(value: Any) -> Any:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
