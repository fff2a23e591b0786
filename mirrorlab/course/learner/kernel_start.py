"""Run by each kernel of the course's JupyterLab at its start (PYTHONSTARTUP), in the learner's namespace."""


def _watch_for_missing_names() -> None:
    try:
        from IPython import get_ipython
    except ImportError:
        return
    kernel = get_ipython()
    if kernel is None:  # a terminal's Python
        return

    def missing(shell, kind, error, trace, tb_offset=None):
        import os

        from mirrorlab.course.learner.first_cell import which_cell

        if hint := which_cell(getattr(error, "name", "") or "", os.environ.get("JPY_SESSION_NAME")):
            error.add_note(hint)
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    kernel.set_custom_exc((NameError,), missing)


_watch_for_missing_names()
del _watch_for_missing_names
