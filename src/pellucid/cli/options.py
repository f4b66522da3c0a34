"""The commands, their options and their help."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any, NoReturn

_EXAMPLES = """examples:
  pellucid ask "What does nodular calcification mean?"
  pellucid ask "my mom has a calcium score of 212, is that bad"
  pellucid ask --short "is a calcified granuloma dangerous"
  pellucid ask --json < question.txt
  pellucid ask --batch questions.jsonl > answers.jsonl
  pellucid read report.pdf
  pellucid read --format html -o report.html < report.txt
  pellucid read --batch reports.csv -o findings.jsonl --jobs 4
  pellucid show nephrocalcinosis
  pellucid search "spots on lung"
  pellucid pack add medquad MedQuAD-master.zip
  pellucid pack check my-pack/

exit codes: 0 done; 1 not answered (with --fail), or a pack with errors; 2 bad usage or bad input
"""


class _Formatter(RawDescriptionHelpFormatter):
    """Help of a fixed width: asking for the terminal's would import much for every command."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=96)


class _Parser(ArgumentParser):
    """Says in one line what is wrong and where help is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _Formatter, **options})

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"pellucid: {message}; see: {self.prog} --help\n")


def build_parser() -> ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="pellucid",
        description="Plain, sourced answers about radiology findings, offline.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--version", action="store_true", help="show the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    ask = commands.add_parser(
        "ask",
        help="answer a question",
        description="Answer a question in plain words, each statement with its source.",
        epilog='example: pellucid ask "Can calcific tendinitis go away?"',
    )
    _add_ask(ask)

    read = commands.add_parser(
        "read",
        help="read a radiology report, or a table of reports",
        description="Read a report: what was found, what was not, and what it means.",
        epilog="example: pellucid read report.pdf",
    )
    _add_read(read)

    show = commands.add_parser(
        "show",
        help="show all that is known about a concept",
        epilog="example: pellucid show nephrocalcinosis",
    )
    show.add_argument("concept", nargs="+", metavar="CONCEPT", help="an id or any name")
    show.add_argument(
        "--evidence",
        action="store_true",
        help="list each statement with its source and the checker's verdict",
    )
    show.add_argument("--section", metavar="KEY", help="only this section")
    _add_output(show)

    search = commands.add_parser(
        "search",
        help="find concepts by words",
        epilog='example: pellucid search "calcium shoulder"',
    )
    search.add_argument("words", nargs="+", metavar="WORDS")
    search.add_argument(
        "--limit", type=int, default=10, metavar="N", help="at most N concepts (default 10)"
    )
    search.add_argument("--json", action="store_true", help="print JSON")
    _add_packs(search)

    pack = commands.add_parser("pack", help="install collections as packs; check content packs")
    actions = pack.add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=_Parser
    )
    _add_pack_actions(actions)
    check = actions.add_parser(
        "check",
        help="list every error of a pack with file and line; exit 1 if there is any",
        epilog="example: pellucid pack check my-pack/",
    )
    check.add_argument(
        "path",
        nargs="?",
        metavar="PATH|NAME",
        help="a pack's folder, a collection, or the name of an installed pack (default: the built-in one)",
    )
    check.add_argument(
        "--readability", action="store_true", help="print the table of reading grades"
    )
    review = actions.add_parser(
        "review",
        help="list the statements without a verdict, by source, for a checker",
        epilog="example: pellucid pack review my-pack/",
    )
    review.add_argument(
        "path", nargs="?", metavar="PATH", help="the pack's folder (default: the built-in pack)"
    )
    review.add_argument("--all", action="store_true", help="list the checked ones too")
    for name in ("add", "list", "info", "remove", "update", "check"):
        actions.choices[name].add_argument(
            "--store",
            metavar="URL",
            help="on this PostgreSQL server (default: PELLUCID_STORE, or here)",
        )

    _add_serve(commands)
    _add_backup(commands)

    mcp = commands.add_parser(
        "mcp",
        help="serve the tools ask, read and show to an assistant (MCP)",
        epilog="example: pellucid mcp --http 127.0.0.1:8765",
    )
    mcp.add_argument(
        "--http",
        metavar="HOST:PORT",
        help="streamable HTTP at http://HOST:PORT/mcp (default: standard input and output)",
    )
    _add_packs(mcp)

    completion = commands.add_parser(
        "completion",
        help="print a shell's completion script",
        epilog='example: eval "$(pellucid completion bash)"',
    )
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return parser


def _add_pack_actions(actions: Any) -> None:
    add = actions.add_parser(
        "add",
        help="install a collection of texts as a pack",
        description="Install a collection: medquad, medlineplus, hpo, findingmodels or icd10cm by "
        "name; or your own folder of documents, table of questions and answers, or forum export. "
        "Whole or not at all.",
        epilog="examples:\n  pellucid pack add medquad MedQuAD-master.zip\n"
        "  pellucid pack add hpo\n"
        "  pellucid pack add leaflets/ --licence LicenseRef-own --publisher 'Our clinic'",
    )
    add.add_argument("what", metavar="NAME|PATH|URL", help="a known collection, or your own")
    add.add_argument("file", nargs="?", metavar="FILE", help="the file of a known collection")
    add.add_argument("--name", metavar="NAME", help="call the pack so (default: its own name)")
    add.add_argument("--sha256", metavar="HEX", help="refuse a file with another checksum")
    add.add_argument(
        "--download", action="store_true", help="fetch a known collection from its own site"
    )
    _add_terms(add)
    build = actions.add_parser(
        "build",
        help="write a collection into one file that pack add installs anywhere",
        epilog="example: pellucid pack build leaflets/ -o leaflets.pellucid --licence CC-BY-4.0 "
        "--publisher 'Our clinic'",
    )
    build.add_argument("what", metavar="NAME|PATH", help="a known collection, or your own")
    build.add_argument("file", nargs="?", metavar="FILE", help="the file of a known collection")
    build.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write")
    build.add_argument("--name", metavar="NAME", help="call the pack so (default: its own name)")
    _add_terms(build)
    shown = actions.add_parser("list", help="list the installed packs")
    shown.add_argument("--json", action="store_true", help="print JSON")
    info = actions.add_parser(
        "info",
        help="show a pack's source, terms and counts",
        epilog="example: pellucid pack info hpo",
    )
    info.add_argument("name", metavar="NAME")
    info.add_argument("--json", action="store_true", help="print JSON")
    remove = actions.add_parser(
        "remove", help="remove an installed pack", epilog="example: pellucid pack remove hpo"
    )
    remove.add_argument("name", metavar="NAME")
    update = actions.add_parser(
        "update",
        help="install packs anew if what they came from has changed",
        epilog="example: pellucid pack update medquad",
    )
    update.add_argument("names", nargs="*", metavar="NAME", help="(default: all)")
    update.add_argument("--force", action="store_true", help="even if nothing has changed")


def _add_terms(parser: ArgumentParser) -> None:
    for key, value in (
        ("licence", "on what terms it may be used: an SPDX identifier, or LicenseRef-own"),
        ("publisher", "whose it is"),
        ("title", "what it is called in citations"),
        ("attribution", "the line that its licence asks for"),
        ("url", "the address that its documents' names are added to"),
    ):
        parser.add_argument(f"--{key}", metavar="TEXT", help=value)
    parser.add_argument(
        "--skip-damaged", action="store_true", help="leave damaged documents out, and list them"
    )


def _add_ask(parser: ArgumentParser) -> None:
    parser.add_argument(
        "question",
        nargs="*",
        metavar="QUESTION",
        help="the question; without it, standard input is read",
    )
    parser.add_argument(
        "--batch",
        metavar="FILE",
        help="answer each line of a JSONL file of {id, question}; '-' is standard input",
    )
    parser.add_argument(
        "--section",
        metavar="KEY",
        help="only this section: meaning, serious, causes, symptoms, found, next, treatment, ...",
    )
    parser.add_argument("--short", action="store_true", help="only what was asked")
    parser.add_argument(
        "--rewrite",
        metavar="URL",
        help="let a language model of this machine put sentences in plainer words, each checked; "
        "such as http://127.0.0.1:8080",
    )
    parser.add_argument(
        "--rewrite-remote", action="store_true", help="allow a server of another machine"
    )
    parser.add_argument(
        "--fail", action="store_true", help="exit with 1 if the question is not answered"
    )
    _add_output(parser)


def _add_read(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="text, PDF, Word, HTML, FHIR, HL7 v2, DICOM, CDA or a picture; without it, standard "
        "input is read",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write here, whole or not at all; for a batch .jsonl or .parquet",
    )
    _add_output(parser, ("text", "markdown", "html", "json", "fhir"))
    batch = parser.add_argument_group("many reports")
    batch.add_argument(
        "--batch",
        metavar="IN",
        help="read each row of a .jsonl, .csv or .parquet table with the columns id and text",
    )
    batch.add_argument(
        "--full", action="store_true", help="add recommendations and the whole reading, explained"
    )
    batch.add_argument(
        "--jobs", type=_read_count, default=1, metavar="N", help="use N processes (default 1)"
    )
    batch.add_argument(
        "--timeout",
        type=_read_seconds,
        default=20.0,
        metavar="SECONDS",
        help="give up a report after this time (default 20)",
    )
    batch.add_argument(
        "--resume", action="store_true", help="go on where a .jsonl output ends, after a break"
    )
    batch.add_argument(
        "--engine", choices=("local", "spark"), default="local", help="where it runs"
    )
    batch.add_argument(
        "--master", metavar="URL", help="Spark's master, such as local[2] (default: Spark's own)"
    )


def _read_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"'{text}' is not a whole number from 1")
    return int(text)


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return seconds


def _add_output(
    parser: ArgumentParser, formats: Sequence[str] = ("text", "markdown", "html", "json")
) -> None:
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument(
        "--format",
        choices=formats,
        default="text",
        help="form of the answer (default: text)",
    )
    forms.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        default=SUPPRESS,
        help="the same as --format json",
    )
    parser.add_argument(
        "--width", type=int, metavar="N", help="columns of text (default: the terminal's)"
    )
    _add_packs(parser)


def _add_packs(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--pack",
        action="append",
        default=[],
        metavar="PATH",
        help="use this pack too (may be given again)",
    )


def _add_serve(commands: Any) -> None:
    parser = commands.add_parser(
        "serve",
        help="start the web site: questions, reports, forum",
        description="Start the whole site on this machine; everything it keeps is in PELLUCID_DATA_DIR.",
        epilog="example: pellucid serve --port 8080",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8000,
        metavar="N",
        help="port (default 8000; 0 for any free one)",
    )
    parser.add_argument("--demo", action="store_true", help="add example content to the forum")


def _add_backup(commands: Any) -> None:
    backup = commands.add_parser(
        "backup",
        help="write the whole site, its keys too, to one file",
        description="Write the database and the keys of the site to one new file, while it runs. "
        "Who has the file can read everything in it: keep it as safe as the site.",
        epilog="example: pellucid backup /backups/site-2026-11-23.tar.gz",
    )
    backup.add_argument("file", metavar="FILE", help="a new file, not in the site's folder")
    restore = commands.add_parser(
        "restore",
        help="make the site what a backup holds",
        description="Check a backup and put it in the site's place, whole or not at all.",
        epilog="example: pellucid restore /backups/site-2026-11-23.tar.gz",
    )
    restore.add_argument("file", metavar="FILE", help="a file that pellucid backup wrote")
    restore.add_argument(
        "--force", action="store_true", help="replace a site that has members, all of it"
    )
