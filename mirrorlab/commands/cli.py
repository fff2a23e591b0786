"""The `mirrorlab` command: each subcommand is one function, with its help and its options above it."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mirrorlab.commands import doctor, edge, export, lab
from mirrorlab.course.author import build, verify
from mirrorlab.machine import boot, firmware, proc
from mirrorlab.oracle import report
from mirrorlab.words import count, table

Run = Callable[[argparse.Namespace], int]

EXAMPLES = """\
examples:
  mirrorlab doctor          is everything in place? what to do if not
  mirrorlab lab             open the lessons in JupyterLab
  mirrorlab presets         the machines that can be booted
  mirrorlab boot toy-64m    boot one and read its log
  mirrorlab replay          does the model agree with the recordings of the real kernel?
  mirrorlab course verify   are all exercises sound?
  mirrorlab lab --help      options and examples of one command

"""


LAYOUT: Any = {"formatter_class": argparse.RawDescriptionHelpFormatter}
PARSER = edge.Parser(
    prog="mirrorlab",
    description="A model of the page allocator of Linux 4.1 with mirrored memory, and a course around it.",
    epilog=EXAMPLES + edge.STATUSES,
    **LAYOUT,
)
GROUPS: dict[str, Any] = {"": PARSER.add_subparsers(title="commands", metavar="COMMAND")}


def _option(name: str, help: str, **settings: Any) -> tuple[str, dict[str, Any]]:
    return name, {"help": help, **settings}


def _command(
    name: str, summary: str, *options: tuple[str, dict[str, Any]], examples: str, refused: int | None = None
) -> Callable[[Run], Run]:
    """Let the function below be a subcommand; it returns the exit status. `course build` is one of the group course.

    refused: the exit status after a ValueError, which is then a sentence for people; None: it has none of those.
    """
    *group, word = name.split()
    description = summary[0].upper() + summary[1:] + "."
    parser: argparse.ArgumentParser = GROUPS["".join(group)].add_parser(
        word, help=summary, description=description, epilog="examples:\n" + examples, **LAYOUT
    )
    for option, settings in options:
        parser.add_argument(option, **settings)
    if name == "course":
        GROUPS[name] = parser.add_subparsers(title="commands", metavar="COMMAND")

    def note(run: Run) -> Run:
        parser.set_defaults(run=run, refused=refused, parser=parser)
        return run

    return note


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")


def _folder(text: str) -> Path:
    return Path(edge.path(text))


FOLDER = _option("--folder", f"the learner's folder (default: {lab.FOLDER_NAME})", type=_folder)
JSON = _option("--json", "print JSON", action="store_true")
TEXTS = """texts to print: dmesg (the default), buddyinfo, pagetypeinfo, zoneinfo, meminfo, vmstat, show_free_areas,
cmdline, node0/meminfo, node0/vmstat, node0/numastat, sys/vm/mirrorable, sys/vm/min_free_kbytes"""
RULES = """\
altered rules, so that an answer cannot be looked up:
  max_order=6 to max_order=10   blocks have fewer orders
  tail=inverted                 a freed block goes to the other end of its list
  fallback=reversed             the last choice of the table `fallbacks` comes first
"""


@_command(
    "doctor",
    "check that everything the lessons need is in place, and say what to do if not",
    JSON,
    FOLDER,
    examples="""\
  mirrorlab doctor                     one line a check; exit status 1 when there is a problem
  mirrorlab doctor --json              the same as JSON, for a program
  mirrorlab doctor --folder ~/course   check another learner's folder
""",
)
def _doctor(args: argparse.Namespace) -> int:
    checks = doctor.examine(args.folder or lab.default_folder())
    print(doctor.as_json(checks) if args.json else doctor.as_text(checks, verbose=True))
    return 0 if all(check.ok for check in checks) else 1


@_command(
    "lab",
    "copy the lessons into the learner's folder, keeping all work there, and open JupyterLab",
    FOLDER,
    _option("--port", "JupyterLab's port (default: %(default)s)", type=_port, default=lab.PORT),
    _option("--no-browser", "do not open a browser", action="store_true"),
    examples="""\
  mirrorlab lab                        work in the folder my-course
  mirrorlab lab --folder ~/course      work in another folder
  mirrorlab lab --port 9000            when port 8888 is taken
  mirrorlab lab --no-browser           print the address instead of opening it
""",
    refused=1,
)
def _lab(args: argparse.Namespace) -> int:
    return lab.open_lab(args.folder or lab.default_folder(), args.port, browser=not args.no_browser)


@_command(
    "presets",
    "list the machines that can be booted, or print the description of one",
    _option("name", "print this machine's description", nargs="?", type=edge.path),
    JSON,
    examples="""\
  mirrorlab presets                        a line a machine
  mirrorlab presets toy-64m > mine.toml    a description to change into your own
  mirrorlab presets --json                 the list as JSON, for a program
""",
    refused=2,
)
def _presets(args: argparse.Namespace) -> int:
    if args.name is not None:
        firmware.load(args.name)
        sys.stdout.write(firmware.path_of(args.name).read_text(encoding="utf-8"))
        return 0
    summaries = {name: firmware.load(name).summary for name in firmware.presets()}
    print(json.dumps(summaries, indent=1) if args.json else "\n".join(table(summaries.items(), "<")))
    return 0


@_command(
    "boot",
    "boot a machine and print its log, or what it has under /proc",
    _option("machine", "the name of a preset, or a TOML file", metavar="PRESET", type=edge.path),
    _option("--proc", TEXTS, nargs="+", metavar="NAME", default=[]),
    _option("--cmdline", "the kernel's command line (default: the description's)"),
    _option("--json", "print the texts' data as JSON", action="store_true"),
    examples="""\
  mirrorlab boot toy-64m                              the boot log
  mirrorlab boot rfc-48g --proc pagetypeinfo          the table of the RFC's cover letter
  mirrorlab boot mine.toml --proc buddyinfo zoneinfo  your own machine
  mirrorlab boot toy-64m --cmdline "kernelcore=96M"   with another command line
  mirrorlab boot toy-64m --json                       the boot log as JSON

exit status: 0 it runs, 2 the description or a name is wrong
""",
    refused=2,
)
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


@_command(
    "replay",
    "replay recordings of the real kernel on the model and compare every result and state",
    _option("path", "a file, a folder, or the name of a packaged case (default: all)", nargs="*", type=edge.path),
    _option("--first-difference", "stop at the first case that differs", action="store_true"),
    JSON,
    examples="""\
  mirrorlab replay                        all cases of this package
  mirrorlab replay fuzz-huge-0            one of them
  mirrorlab replay my-case.json.gz cases/ files, and the files in a folder
  mirrorlab replay --first-difference     stop at the first case that differs
  mirrorlab replay --json                 the result as JSON, for a program

exit status: 0 all agree, 1 some differ, 2 a file cannot be read
""",
)
def _replay(args: argparse.Namespace) -> int:
    status = report.run(args.path, args.first_difference, args.json)
    edge.say("Stopped." if status == edge.STOPPED else "")
    return status


@_command(
    "course",
    "make, hand out and test the course",
    examples="""\
  mirrorlab course build      make exercises/ from solutions/
  mirrorlab course start      copy lessons and exercises into the learner's folder
  mirrorlab course export     write the course as web pages
  mirrorlab course verify     test every exercise, its solution and its wrong answers
""",
)
def _show_help(args: argparse.Namespace) -> int:
    args.parser.print_help()
    return 0


@_command(
    "course build",
    "make the learners' exercises, and the hints, from the notebooks in solutions/",
    _option("--check", "write nothing, say what differs", action="store_true"),
    _option("--rule", "let every check use an altered rule; needs --output"),
    _option("--output", "write into another folder (default: the course itself)", type=_folder),
    examples=f"""\
  mirrorlab course build                                   write exercises/ and the hints
  mirrorlab course build --check                           only say what is out of date
  mirrorlab course build --rule max_order=8 --output exam  exercises under an altered rule

{RULES}exit status: 0 good, 1 something is out of date or a notebook is not fit
""",
    refused=1,
)
def _course_build(args: argparse.Namespace) -> int:
    if args.rule and not args.output:
        raise edge.Refusal("--rule needs --output: the course itself stays with Linux's rules.", edge.MISUSE)
    course = lab.course_folder()
    if args.check:
        faults = build.out_of_date(course)
        print("\n".join(faults) or "exercises/ and the hints are what solutions/ makes.")
        return 1 if faults else 0
    changed = build.write(args.output or course, build.build(course, args.rule))
    print("\n".join(f"wrote {name}" for name in changed) or "Nothing to do: all is as solutions/ makes it.")
    return 0


@_command(
    "course start",
    "copy lessons and exercises, without outputs, into the learner's folder; keep all work there",
    FOLDER,
    examples="""\
  mirrorlab course start                     into the folder my-course
  mirrorlab course start --folder ~/course   into another folder
""",
    refused=1,
)
def _course_start(args: argparse.Namespace) -> int:
    folder = (args.folder or lab.default_folder()).absolute()
    with lab.writing_in(folder):
        notes = lab.hand_out(lab.course_folder(), folder)
        lab.show_home(folder)
    print(*notes, f"The lessons and exercises are in {folder}.", sep="\n")
    return 0


@_command(
    "course export",
    "write home, lessons and exercises as web pages that need no server, with your progress",
    _option("folder", "where to: a folder that is new, empty, or an earlier export", metavar="DIR", type=_folder),
    examples="""\
  mirrorlab course export pages     then open pages/index.html
""",
    refused=1,
)
def _course_export(args: argparse.Namespace) -> int:
    pages = export.export(lab.course_folder(), args.folder)
    print(f"Wrote {count(pages, 'page')}: open {args.folder / export.INDEX}.")
    return 0


@_command(
    "course verify",
    "test each exercise: the stub gets 'not started', the solution 'right', each wrong answer its message",
    _option("exercise", "an exercise, or how its name begins (default: all)", nargs="*"),
    _option("--rule", "test them under an altered rule"),
    examples=f"""\
  mirrorlab course verify                      all exercises
  mirrorlab course verify ex03                 one set
  mirrorlab course verify --rule max_order=8   the solutions under an altered rule

{RULES}""",
    refused=1,
)
def _course_verify(args: argparse.Namespace) -> int:
    return verify.run(lab.course_folder(), args.exercise, args.rule)


@_command(
    "design",
    "write one page with every component of the lessons, in every state, to look at in a browser",
    _option("folder", "where to write index.html", metavar="DIR", type=_folder),
    examples="""\
  mirrorlab design build/design    then open build/design/index.html, light, dark and at 700 px
""",
)
def _design(args: argparse.Namespace) -> int:
    from mirrorlab.commands import design  # here: no other command needs the widgets

    print(f"wrote {design.write(args.folder)}")
    return 0


PARSER.set_defaults(run=_show_help, refused=None, parser=PARSER)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: those of edge.STATUSES."""
    given = sys.argv[1:] if argv is None else argv
    return edge.guarded(lambda: _run(given), given)


def _run(argv: Sequence[str]) -> int:
    args = PARSER.parse_args(argv)
    try:
        status: int = args.run(args)
    except ValueError as problem:
        if args.refused is None:
            raise
        raise edge.Refusal(problem, args.refused) from problem
    return status
