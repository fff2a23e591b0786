"""Views of memory for notebooks: each one class, one script, one style sheet. They need anywidget and ipywidgets."""

from mirrorlab.widgets.boot_player import BootPlayer
from mirrorlab.widgets.compare import Compare
from mirrorlab.widgets.error_lab import ErrorLab
from mirrorlab.widgets.exhaust_lab import ExhaustLab
from mirrorlab.widgets.home import Home
from mirrorlab.widgets.machine_card import MachineCard, register
from mirrorlab.widgets.slab_view import SlabView
from mirrorlab.widgets.stage import Stage, Task

__all__ = [
    "BootPlayer",
    "Compare",
    "ErrorLab",
    "ExhaustLab",
    "Home",
    "MachineCard",
    "SlabView",
    "Stage",
    "Task",
]

register()  # a machine as the last line of a cell is shown as its card
