"""Views of memory for notebooks: each one class, one script, one style sheet. They need anywidget and ipywidgets."""

from mirrorlab.widgets.boot_player import BootPlayer
from mirrorlab.widgets.machine_view import MachineView

__all__ = ["BootPlayer", "MachineView"]
