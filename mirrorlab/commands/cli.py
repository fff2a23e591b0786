"""The `mirrorlab` command: each subcommand is one function, with its parser set up beside it."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from mirrorlab.commands import doctor, lab
from mirrorlab.course.author import build, verify
from mirrorlab.course.judge import rules
from mirrorlab.machine import boot, firmware, proc
from mirrorlab.oracle import report
from mirrorlab.words import table

Commands = Any  # what ArgumentParser.add_subparsers() returns has no public name
Run = Callable[[argparse.Namespace], int]

EXAMPLES = """\
examples:
  mirrorlab doctor          is everything in place? what to do if not
  mirrorlab lab             open the lessons in JupyterLab
  mirrorlab presets         the machines there are to boot
  mirrorlab boot toy-64m    boot one and read its log
  mirrorlab replay          does the model agree with the recordings of the real kernel?
  mirrorlab course verify   are all exercises sound?
  mirrorlab lab --help      options and examples of one command
"""


def _refusing(status: int) -> Callable[[Run], Run]:
    """For a command whose ValueErrors are meant for people: it prints the sentence and ends with this status."""

    def made(run: Run) -> Run:
        @wraps(run)
        def guarded(args: argparse.Namespace) -> int:
            try:
                return run(args)
            except ValueError as problem:
                print(problem, file=sys.stderr)
                return status

        return guarded

    return made


def _command(commands: Commands, name: str, run: Run, summary: str, examples: str) -> argparse.ArgumentParser:
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


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, help=f"the learner's folder (default: {lab.FOLDER_NAME})")


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
    _add_folder(parser)


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
    _add_folder(parser)
    parser.add_argument("--port", type=_port, default=lab.PORT, help="JupyterLab's port (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


@_refusing(1)
def _lab(args: argparse.Namespace) -> int:
    return lab.open_lab(args.folder or lab.default_folder(), args.port, browser=not args.no_browser)


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
        "exit status: 0 all agree, 1 some differ, 2 a file cannot be read\n",
    )
    parser.add_argument("path", nargs="*", help="a file, a folder, or the name of a packaged case (default: all)")
    parser.add_argument("--first-difference", action="store_true", help="stop at the first case that differs")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _replay(args: argparse.Namespace) -> int:
    return report.run(args.path, args.first_difference, args.json)


def _add_presets(commands: Commands) -> None:
    parser = _command(
        commands,
        "presets",
        _presets,
        "list the machines that can be booted, or print the description of one",
        "  mirrorlab presets                        a line a machine\n"
        "  mirrorlab presets toy-64m > mine.toml    a description to start your own from\n"
        "  mirrorlab presets --json                 the list for a program\n",
    )
    parser.add_argument("name", nargs="?", help="print this machine's description")
    parser.add_argument("--json", action="store_true", help="print JSON")


@_refusing(2)
def _presets(args: argparse.Namespace) -> int:
    if args.name is not None:
        firmware.load(args.name)
        sys.stdout.write(firmware.path_of(args.name).read_text(encoding="utf-8"))
        return 0
    summaries = {name: firmware.load(name).summary for name in firmware.presets()}
    print(json.dumps(summaries, indent=1) if args.json else "\n".join(table(summaries.items(), "<")))
    return 0


def _add_boot(commands: Commands) -> None:
    parser = _command(
        commands,
        "boot",
        _boot,
        "boot a machine and print its log, or what it has under /proc",
        "  mirrorlab boot toy-64m                              the boot log\n"
        "  mirrorlab boot rfc-48g --proc pagetypeinfo          the table of the RFC's cover letter\n"
        "  mirrorlab boot mine.toml --proc buddyinfo zoneinfo  your own machine\n"
        '  mirrorlab boot toy-64m --cmdline "kernelcore=96M"   with another command line\n'
        "  mirrorlab boot toy-64m --json                       log and texts for a program\n"
        "\n"
        "exit status: 0 it runs, 2 the description or a name is wrong\n",
    )
    parser.add_argument("machine", metavar="PRESET", help="the name of a preset, or a TOML file")
    parser.add_argument("--proc", nargs="+", metavar="NAME", default=[], help="texts to print (default: dmesg)")
    parser.add_argument("--cmdline", help="the kernel's command line (default: the description's)")
    parser.add_argument("--json", action="store_true", help="print JSON: each text's data, and the log")


@_refusing(2)
def _boot(args: argparse.Namespace) -> int:
    machine = boot.boot(args.machine, args.cmdline)
    texts = {name: machine.proc(name) for name in args.proc or ["dmesg"]}
    if args.json:
        data = {name: proc.plain(proc.parse(name, text)) for name, text in texts.items()}
        print(json.dumps({"machine": machine.name, "cmdline": machine.g.saved_command_line, "proc": data}, indent=1))
    else:
        heads = {name: f"==> {name} <==\n" if len(texts) > 1 else "" for name in texts}
        sys.stdout.write("\n".join(heads[name] + text for name, text in texts.items()))
    return 0


def _add_course(commands: Commands) -> None:
    def help(args: argparse.Namespace) -> int:
        parser.print_help()
        return 0

    parser = _command(
        commands,
        "course",
        help,
        "make, hand out and prove the course",
        "  mirrorlab course build      make exercises/ from solutions/\n"
        "  mirrorlab course start      copy lessons and exercises into the learner's folder\n"
        "  mirrorlab course verify     prove that every exercise is sound\n",
    )
    below = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_course_build(below)
    _add_course_start(below)
    _add_course_verify(below)


def _add_course_build(commands: Commands) -> None:
    parser = _command(
        commands,
        "build",
        _course_build,
        "make the learners' exercises, and the hints, from the notebooks in solutions/",
        "  mirrorlab course build                                   write exercises/ and the hints\n"
        "  mirrorlab course build --check                           only say what is out of date\n"
        "  mirrorlab course build --rule max_order=8 --output exam  exercises under an altered rule\n"
        "\n"
        f"rules: {', '.join(rules.EXAMPLES)}\n"
        "exit status: 0 good, 1 something is out of date or a notebook is not fit\n",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("--rule", help="put every check under an altered rule; needs --output")
    parser.add_argument("--output", type=Path, help="write into another folder (default: the course itself)")


@_refusing(1)
def _course_build(args: argparse.Namespace) -> int:
    if args.rule and not args.output:
        print("--rule needs --output: the course itself stays with Linux's rules.", file=sys.stderr)
        return 2
    course = lab.course_folder()
    if args.check:
        faults = build.out_of_date(course)
        print("\n".join(faults) or "exercises/ and the hints are what solutions/ makes.")
        return 1 if faults else 0
    changed = build.write(args.output or course, build.build(course, args.rule))
    print("\n".join(f"wrote {name}" for name in changed) or "Nothing to do: all is as solutions/ makes it.")
    return 0


def _add_course_start(commands: Commands) -> None:
    parser = _command(
        commands,
        "start",
        _course_start,
        "copy lessons and exercises into the learner's folder, outputs cleared, never over their work",
        "  mirrorlab course start                     into the folder my-course\n"
        "  mirrorlab course start --folder ~/course   into another folder\n",
    )
    _add_folder(parser)


@_refusing(1)
def _course_start(args: argparse.Namespace) -> int:
    folder = (args.folder or lab.default_folder()).expanduser().absolute()
    with lab.writing_in(folder):
        notes = lab.hand_out(lab.course_folder(), folder)
    print(*notes, f"The lessons and exercises are in {folder}.", sep="\n")
    return 0


def _add_course_verify(commands: Commands) -> None:
    parser = _command(
        commands,
        "verify",
        _course_verify,
        "prove each exercise: the stub is not started, the solution right, each wrong answer caught by its message",
        "  mirrorlab course verify                      all exercises\n"
        "  mirrorlab course verify ex03                 one set\n"
        "  mirrorlab course verify --rule max_order=8   the solutions under an altered rule\n"
        "\n"
        f"rules: {', '.join(rules.EXAMPLES)}\n",
    )
    parser.add_argument("exercise", nargs="*", help="an exercise, or how its name begins (default: all)")
    parser.add_argument("--rule", help="prove them under an altered rule")


@_refusing(1)
def _course_verify(args: argparse.Namespace) -> int:
    return verify.run(lab.course_folder(), args.exercise, args.rule)


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
    _add_presets(commands)
    _add_boot(commands)
    _add_replay(commands)
    _add_course(commands)
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
