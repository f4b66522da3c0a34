"""Plainer words by a language model, on this machine, for those who ask for it.

Only sentences of the answer are sent, never the question. Each comes back checked
(:mod:`pellucid.explain.reword`), or as it was: when the check refuses it, and when the server is slow,
away, or says anything else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from http.client import HTTPException
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from pellucid.app.beside import InstalledPacks
from pellucid.app.build import open_packs
from pellucid.app.settings import get_core_pack
from pellucid.errors import InputError, PackError
from pellucid.explain.notices import add_notices
from pellucid.explain.reword import is_faithful, make_guard
from pellucid.knowledge.parse import load_yaml
from pellucid.language.lexicon import English, Lexicon
from pellucid.language.phrases import PhraseTable, find_phrases
from pellucid.language.tokens import make_word_key
from pellucid.retrieval.dense import find_model, load_encoder
from pellucid.retrieval.words import split_sentences
from pellucid.values.answer import Answer, Notice
from pellucid.values.concept import Statement

#: Seconds for one sentence, and for an answer; failures in a row after which the server is let be.
SENTENCE_SECONDS, ANSWER_SECONDS, _PATIENCE = 20.0, 90.0, 2
_MAX_REPLY = 1 << 16
_MAX_TOKENS = 200


class Rewriter:
    """Puts sentences of answers in plainer words; safe to share between threads.

    Parameters
    ----------
    url
        A server that speaks the OpenAI chat protocol, as llama.cpp's does: ``http://127.0.0.1:8080``.
    remote
        Allow a server that is not on this machine.
    packs
        Folders of packs whose names are to be kept too.

    Raises
    ------
    InputError
        If the URL is none, or is of another machine and ``remote`` is not set.
    """

    def __init__(self, url: str, remote: bool = False, packs: Sequence[str] = ()) -> None:
        self._ask = _make_asker(_get_endpoint(url, remote))
        self._table = table = _read_table()
        self._is_faithful = _make_check(table, packs)

    def rewrite(self, answer: Answer) -> Answer:
        """A finished answer with sentences in plainer words, marked, the originals in its notices."""
        table = self._table
        originals: list[str] = []
        until, failures = monotonic() + ANSWER_SECONDS, 0

        def reword(sentence: str) -> str:
            nonlocal failures
            if monotonic() > until or failures >= _PATIENCE:
                return sentence
            reply = self._ask(table["prompt"], sentence)
            failures = 0 if reply is not None else failures + 1
            if reply is None or reply == sentence or not self._is_faithful(sentence, reply):
                return sentence
            originals.append(sentence)
            return f"{reply}{table['mark']}"

        def reword_statement(statement: Statement) -> Statement:
            text = " ".join(map(reword, split_sentences(statement.text)))
            changed = text != " ".join(split_sentences(statement.text))
            return statement._replace(text=text) if changed else statement

        sections = tuple(
            section._replace(statements=tuple(map(reword_statement, section.statements)))
            for section in answer.sections
        )
        notes = [Notice("original", table["original"].format(text=text)) for text in originals]
        notices = add_notices(answer.notices, notes)
        return answer._replace(sections=sections, notices=notices)


def _get_endpoint(url: str, remote: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query:
        raise InputError("--rewrite needs the address of a server, such as http://127.0.0.1:8080")
    if not remote and not _is_loopback(host):
        raise InputError(
            f"{host} is not this machine, and answers would leave it: --rewrite-remote allows that"
        )
    base = url.rstrip("/")
    return f"{base}/chat/completions" if base.endswith("/v1") else f"{base}/v1/chat/completions"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _NoRedirects(HTTPRedirectHandler):
    """A server of this machine may not hand the text on to another."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _make_asker(endpoint: str) -> Callable[[str, str], str | None]:
    opener = build_opener(ProxyHandler({}), _NoRedirects)

    def ask(prompt: str, sentence: str) -> str | None:
        """The reply as one line; None if none came in time, or it is no reply."""
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": sentence}]
        body: dict[str, Any] = {"messages": messages, "temperature": 0, "max_tokens": _MAX_TOKENS}
        body |= {"model": os.environ.get("PELLUCID_REWRITE_MODEL", "default"), "stream": False}
        request = Request(endpoint, json.dumps(body).encode(), {"Content-Type": "application/json"})
        until = monotonic() + SENTENCE_SECONDS
        data = b""
        try:
            with opener.open(request, timeout=SENTENCE_SECONDS) as response:
                while chunk := response.read1(_MAX_REPLY):
                    data += chunk
                    if len(data) > _MAX_REPLY or monotonic() > until:
                        return None
            text = json.loads(data)["choices"][0]["message"]["content"]
        except (OSError, HTTPException, ValueError, LookupError, TypeError, RecursionError):
            return None
        return text.strip().strip('"“”').strip() if isinstance(text, str) else None

    return ask


def _read_table() -> dict[str, Any]:
    path = os.path.join(get_core_pack(), "language", "rewriting.yaml")
    with open(path, encoding="utf-8") as file:
        table, _, _ = load_yaml(file.read(), path)
    return dict(table or {})


def _make_check(table: dict[str, Any], packs: Sequence[str]) -> Callable[[str, str], bool]:
    artefact = open_packs([get_core_pack(), *map(os.path.abspath, packs)])
    lexicon = Lexicon._make(artefact.get("lexicon"))
    english = English._make(artefact.get("english"))
    common = english.common
    installed = InstalledPacks(artefact, lexicon, lambda: english)
    names = PhraseTable(*lexicon.names)
    key = make_word_key(lexicon.folding)
    compare = None
    if find_model():
        encoder = load_encoder()

        def compare(one: str, other: str) -> float:
            first, second = encoder.encode([one, other])
            return float(first @ second)

    guard = make_guard(
        table,
        lexicon.ordinary,
        key,
        lambda word: f"\n{word}\n" in common or f"\n{key(word)}\n" in common,
        lambda keys: [hit.value for hit in find_phrases(list(keys), names)],
        lambda text: list(dict.fromkeys(map(str.casefold, installed.find_names(text)))),
        compare,
    )

    def check(source: str, rewritten: str) -> bool:
        try:
            return is_faithful(source, rewritten, guard)
        except PackError:  # the names that must stay cannot be looked up
            return False

    return check
