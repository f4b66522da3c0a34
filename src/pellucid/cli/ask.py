"""``pellucid ask``, ``show`` and ``search``."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import SimpleNamespace
from typing import IO, Any

from pellucid.app.engine import Engine, load
from pellucid.app.inputs import MAX_QUESTION
from pellucid.app.render import render, select_sections
from pellucid.errors import InputError, PellucidError
from pellucid.values.answer import Answer

_NOT_ANSWERED = ("unknown", "declined")


def run_ask(options: SimpleNamespace) -> int:
    """Answer one question, or a batch."""
    if options.batch:
        if options.question:
            raise InputError("give a question or --batch FILE, not both")
        return _run_batch(options)
    text = " ".join(options.question) if options.question else _read_question()
    answer = load(*options.pack).ask(_check_text(text))
    answer = select_sections(answer, options.section, options.short)
    _print(_open_rewriting(options)(answer), options)
    return 1 if options.fail and answer.status in _NOT_ANSWERED else 0


def run_show(options: SimpleNamespace) -> int:
    """Show a concept's page, or its evidence."""
    engine = load(*options.pack)
    name = " ".join(options.concept)
    if options.evidence:
        from pellucid.cli.pack import print_evidence

        return print_evidence(engine.get_concept_id(name), options.pack)
    _print(select_sections(engine.show(name), options.section), options)
    return 0


def run_search(options: SimpleNamespace) -> int:
    """List concepts for words; exit code 1 if there are none."""
    found = load(*options.pack).search(" ".join(options.words), max(options.limit, 1))
    if options.json:
        from json import dumps

        print(dumps([r._asdict() for r in found], ensure_ascii=False))
    else:
        for related in found:
            print(f"{related.concept:<40} {related.name}")
    if not found:
        print("pellucid: nothing found; try fewer or other words", file=sys.stderr)
    return 0 if found else 1


def _open_rewriting(options: SimpleNamespace) -> Callable[[Answer], Answer]:
    """What puts answers in plainer words, if that is asked for; else what leaves them as they are."""
    if not options.rewrite:
        return lambda answer: answer
    from pellucid.app.rewriting import Rewriter

    return Rewriter(options.rewrite, options.rewrite_remote, options.pack).rewrite


def _read_question() -> str:
    if sys.stdin.isatty():
        print("Type your question, then Ctrl-D:", file=sys.stderr)
    # A character takes at most four bytes: more than this is too long in any case.
    return _decode(sys.stdin.buffer.read(4 * MAX_QUESTION + 1))


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(data) > 4 * MAX_QUESTION:
            return data.decode("utf-8", "replace")
        raise InputError(
            "this is not UTF-8 text; type a question or save the file as UTF-8"
        ) from error


def _check_text(text: str) -> str:
    # Arguments that the system could not decode arrive with lone surrogates.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError("the question is not valid UTF-8 text; type it again") from error
    return text


def _print(answer: Answer, options: SimpleNamespace) -> None:
    terminal = sys.stdout.isatty()
    width = options.width or (min(os.get_terminal_size().columns, 100) if terminal else 80)
    colour = terminal and "NO_COLOR" not in os.environ
    text = render(answer, options.format, width, colour)
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.flush()


def _run_batch(options: SimpleNamespace) -> int:
    """Answer a JSONL file line by line: each line gives one line, in order; a bad one an error."""
    from json import dumps

    gc.enable()
    engine, reword = load(*options.pack), _open_rewriting(options)
    failed = False
    with ExitStack() as stack:
        source: IO[bytes] = sys.stdin.buffer
        if options.batch != "-":
            try:
                source = stack.enter_context(open(options.batch, "rb"))
            except OSError as error:
                raise InputError(f"cannot read {options.batch}: {error.strerror}") from error
        for number, line in enumerate(_show_progress(source), 1):
            if not line.strip():
                continue
            row = _answer_row(line, number, engine, reword, options)
            failed |= "error" in row or row["answer"]["status"] in _NOT_ANSWERED
            sys.stdout.buffer.write(dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")
    sys.stdout.flush()
    return 1 if options.fail and failed else 0


def _answer_row(
    line: bytes,
    number: int,
    engine: Engine,
    reword: Callable[[Answer], Answer],
    options: SimpleNamespace,
) -> dict[str, Any]:
    from json import JSONDecodeError, loads

    from pellucid.app.render import to_json

    identifier: object = number
    try:
        try:
            row = loads(line)
        except (JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"line {number} is not JSON") from error
        if not isinstance(row, dict) or not isinstance(row.get("question"), str):
            raise InputError(f'line {number} needs "question": a text')
        identifier = row.get("id", number)
        answer = engine.ask(_check_text(row["question"]))
        answer = select_sections(answer, options.section, options.short)
        return {"id": identifier, "answer": to_json(reword(answer))}
    except PellucidError as error:
        return {"id": identifier, "error": {"code": error.code, "message": str(error)}}


def _show_progress(source: IO[bytes]) -> Any:
    if not sys.stderr.isatty():
        return source
    from tqdm import tqdm

    return tqdm(source, unit=" questions", file=sys.stderr)
