"""Repairs to nbval 0.11, active whenever notebooks are run with --nbval: without them good notebooks fail.

nbval runs cells without history (so `plot(x);` prints its value), ignores clear_output, and puts what belongs in an
Output widget under the cell. Errors are never hidden: a failure inside an Output widget still fails the notebook.
"""

import os
import tempfile

import pytest

ENVIRONMENT = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MIRRORLAB_DATA")
CELL_TIMEOUT = 60  # seconds; nbval's own default is over half an hour
OUTPUTS = ("stream", "display_data", "execute_result")
SANITIZE = {  # what differs from run to run. Not every 0x...: most of ours are PFNs, and those must agree
    r" at 0x[0-9a-f]{9,}": " at ADDRESS",
    r"\bOutput\((?s:.*)\)": "Output()",
    r"\b[0-9a-f]{32}\b": "MODEL-ID",
    r"\S*ipykernel_\d+[/\\]\d+\.py": "CELL",
}


def pytest_configure(config):
    if not config.getoption("nbval", False):
        return
    if config.option.nbval_cell_timeout > CELL_TIMEOUT:
        config.option.nbval_cell_timeout = CELL_TIMEOUT
    folder = tempfile.TemporaryDirectory()
    config.add_cleanup(folder.cleanup)
    for name in ENVIRONMENT:  # the user's own settings and progress must not decide whether a lesson passes
        os.environ[name] = os.path.join(folder.name, name)
    os.environ["MIRRORLAB_READING"] = "1"  # as in tools/run_notebooks.py, where the outputs come from
    repair_nbval(pytest.MonkeyPatch(), folder.name)


def repair_nbval(patch, folder):
    from nbval.kernel import RunningKernel
    from nbval.plugin import IPyNbCell, IPyNbFile

    nbval_setup, nbval_runtest, nbval_message = IPyNbFile.setup, IPyNbCell.runtest, IPyNbFile.get_kernel_message

    def setup(self):
        os.environ["MIRRORLAB_DATA"] = tempfile.mkdtemp(dir=folder)  # each notebook has a fresh learner
        nbval_setup(self)
        self.sanitize_patterns.update(SANITIZE)
        self.output_widgets = {}  # comm id -> message id whose output the widget is taking, "" for none

    def runtest(self):
        self.parent.running, self.parent.clear_waits = self, False
        nbval_runtest(self)

    def execute_cell_input(self, source, allow_stdin=None):
        return self.kc.execute(source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)

    def get_kernel_message(self, timeout=None, stream="iopub"):
        """Return the next message nbval should see."""
        while True:
            message = nbval_message(self, timeout, stream)
            kind, content = message["msg_type"], message["content"]
            if kind in ("comm_open", "comm_msg"):
                follow_output_widget(self.output_widgets, kind, content)
            elif kind in (*OUTPUTS, "clear_output"):
                if message["parent_header"].get("msg_id") in self.output_widgets.values():
                    continue  # it is shown in the widget, not under the cell
                if kind == "clear_output" and content["wait"]:
                    self.clear_waits = True
                elif kind == "clear_output" or self.clear_waits:
                    self.running.test_outputs.clear()
                    self.clear_waits = False
            if kind != "clear_output":
                return message

    patch.setattr(RunningKernel, "execute_cell_input", execute_cell_input)
    patch.setattr(IPyNbFile, "setup", setup)
    patch.setattr(IPyNbFile, "get_kernel_message", get_kernel_message)
    patch.setattr(IPyNbCell, "runtest", runtest)


def follow_output_widget(widgets, kind, content):
    """Note which Output widget takes the output of which message."""
    comm, state = content["comm_id"], content["data"].get("state", {})
    if kind == "comm_open" and state.get("_model_name") == "OutputModel":
        widgets[comm] = state.get("msg_id", "")
    elif comm in widgets and "msg_id" in state:
        widgets[comm] = state["msg_id"]
