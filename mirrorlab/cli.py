"""The `mirrorlab` command: each subcommand is one function, with its parser set up beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mirrorlab import doctor, lab, replay

Commands = Any  # what ArgumentParser.add_subparsers() returns has no public name

EXAMPLES = """\
examples:
  mirrorlab doctor          is everything in place? what to do if not
  mirrorlab lab             open the lessons in JupyterLab
  mirrorlab replay          does the model agree with the recordings of the real kernel?
  mirrorlab lab --help      options and examples of one command
"""


def _command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add a subcommand that calls run(args) and ends with the status it returns."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_doctor(commands: Commands) -> None:
    parser = _command(
        commands,
        "doctor",
        _doctor,
        "check that everything the lessons need is in place, and say what to do if not",
        "  mirrorlab doctor                     one line a check; exit status 1 when there is a problem\n"
        "  mirrorlab doctor --json              the same for a program\n"
        "  mirrorlab doctor --folder ~/course   check another learner's folder\n",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--folder", type=Path, help=f"the learner's folder (default: {lab.FOLDER_NAME})")


def _doctor(args: argparse.Namespace) -> int:
    checks = doctor.examine(args.folder or lab.default_folder())
    print(doctor.as_json(checks) if args.json else doctor.as_text(checks, verbose=True))
    return 0 if all(check.ok for check in checks) else 1


def _add_lab(commands: Commands) -> None:
    parser = _command(
        commands,
        "lab",
        _lab,
        "copy the lessons into the learner's folder, keeping all work there, and open JupyterLab",
        "  mirrorlab lab                        work in the folder my-course\n"
        "  mirrorlab lab --folder ~/course      work in another folder\n"
        "  mirrorlab lab --port 9000            when port 8888 is taken\n"
        "  mirrorlab lab --no-browser           print the address instead of opening it\n",
    )
    parser.add_argument("--folder", type=Path, help=f"the learner's folder (default: {lab.FOLDER_NAME})")
    parser.add_argument("--port", type=_port, default=lab.PORT, help="JupyterLab's port (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def _lab(args: argparse.Namespace) -> int:
    try:
        return lab.open_lab(args.folder or lab.default_folder(), args.port, browser=not args.no_browser)
    except lab.LabError as error:
        print(error, file=sys.stderr)
        return 1


def _add_replay(commands: Commands) -> None:
    parser = _command(
        commands,
        "replay",
        _replay,
        "replay recordings of the real kernel on the model and compare every result and state",
        "  mirrorlab replay                        all cases of this package\n"
        "  mirrorlab replay fuzz-huge-0            one of them\n"
        "  mirrorlab replay my-case.json.gz cases/ files, and the files in a folder\n"
        "  mirrorlab replay --first-difference     stop at the first case that differs\n"
        "  mirrorlab replay --json                 the result for a program\n"
        "\n"
        "exit status: 0 all that are modelled agree, 1 some differ, 2 a file cannot be read\n",
    )
    parser.add_argument("path", nargs="*", help="a file, a folder, or the name of a packaged case (default: all)")
    parser.add_argument("--first-difference", action="store_true", help="stop at the first case that differs")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _replay(args: argparse.Namespace) -> int:
    return replay.run(args.path, args.first_difference, args.json)


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mirrorlab",
        description="A model of the page allocator of Linux 4.1 with mirrored memory, and a course around it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_doctor(commands)
    _add_lab(commands)
    _add_replay(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 good, 1 a problem, 2 misuse."""
    parser = _parser()
    args = parser.parse_args(argv)
    if "run" not in args:
        parser.print_help()
        return 0
    status: int = args.run(args)
    return status
