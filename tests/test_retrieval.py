"""The retrieval room: condensing, search, ranking, entailment, extraction, and the small encoder."""

from __future__ import annotations

import builtins
import json
import math
import os
import shutil
import struct
import zipfile
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.app.asking import open_asking
from pellucid.errors import (
    CollectionError,
    MissingExtraError,
    ModelError,
    PackInvalidError,
    PackNotFoundError,
    PackStoreError,
)
from pellucid.retrieval import dense, embedded, lexical
from pellucid.retrieval.answer import extract
from pellucid.retrieval.condense import condense
from pellucid.retrieval.embedded import build_index, open_index
from pellucid.retrieval.entail import compare, compare_meaning, encode_asked
from pellucid.retrieval.fuse import fuse
from pellucid.retrieval.learned import Learned, load_learned
from pellucid.retrieval.lexical import LexicalIndex, build_lexical
from pellucid.retrieval.postgres_shelf import PostgresShelf
from pellucid.retrieval.rank import make_candidates, measure, rank
from pellucid.retrieval.search import Searcher
from pellucid.retrieval.store import weigh_terms
from pellucid.retrieval.wordpiece import WordPieces
from pellucid.retrieval.words import split_sentences
from pellucid.values.passage import InstalledPack, Passage

TABLES = open_asking()
np = pytest.importorskip("numpy")


def make_passage(number: int, focus: str, question: str, answer: str, *names: str) -> Passage:
    return Passage(f"p{number}", "own", focus, names, None, question, answer, focus, "", "", "CC0")


PASSAGES = [
    make_passage(0, "Gallstones", "What causes gallstones?", "Too much cholesterol in the bile."),
    make_passage(1, "Gallstones", "How are gallstones treated?", "Surgery takes out the gallbladder.", "cholelithiasis"),
    make_passage(2, "Kidney stones", "How are kidney stones treated?", "Small stones pass with water."),
    make_passage(3, "Tennis elbow", "How is tennis elbow treated?", "Rest, ice and exercises."),
    make_passage(4, "Oedema", "What causes oedema?", "Fluid gathers in the legs."),
    make_passage(5, "Tennis elbow", "", "Pain at the outer side of the elbow that comes from overuse."),
]  # fmt: skip


class Packed(list[Passage]):
    def get_many(self, positions):
        return [self[position] for position in positions]


@pytest.fixture(params=["embedded", "postgres"])
def searcher(request, tmp_path):
    if request.param == "embedded":
        assert build_index(PASSAGES, str(tmp_path), TABLES) == len(PASSAGES)
        yield Searcher([open_index(str(tmp_path), Packed(PASSAGES))], TABLES)
        return
    opened = serve_pack(PASSAGES)
    yield Searcher([opened], TABLES)
    opened.close()


def serve_pack(passages, encoder=None):
    """Put passages on the server that scripts/test-postgres starts, and open them."""
    address = os.environ.get("PELLUCID_STORE_TEST")
    if not address:
        pytest.skip("no server: scripts/test-postgres starts one and runs this")
    shelf = PostgresShelf(address)
    with shelf.change("own"):
        pack = InstalledPack("own", "Own", "table", None, "CC0-1.0", "", "", "", {}, {"passages": len(passages)}, {}, (), "", "", {})  # fmt: skip
        shelf.put(pack, passages, TABLES, encoder)
    return shelf.open("own")


# --- condensing


def test_a_story_is_cut_to_its_question() -> None:
    asked = condense(
        "Hello, my name is Ann and I am 50 years old. I live by the sea with two dogs."
        " What is the treatment for gallstones? Thank you very much!",
        TABLES,
    )
    assert asked.short == "What is the treatment for gallstones?"
    assert asked.types >= {"treatment"}
    assert list(asked.focus) == ["gallstone"]
    assert "dog" in asked.words


def test_a_subject_line_stays_with_the_question() -> None:
    asked = condense("Body lice. We have washed all our clothes. How do I get rid of them?", TABLES)
    assert asked.subject == "Body lice"
    assert asked.short == "Body lice. How do I get rid of them?"
    assert "treatment" in asked.types
    assert "clothe" not in asked.focus


def test_a_word_of_the_subject_that_comes_again_weighs_double() -> None:
    once = condense("Gallstones. What causes pain?", TABLES).focus["gallstone"]
    twice = condense("Gallstones. I have gallstones. What causes pain?", TABLES).focus["gallstone"]
    assert twice == pytest.approx(2 * once)


@pytest.mark.parametrize(
    "text", ["What causes gout?", "gout", "", "?!", "   ", "Thank you.", "\x00\n"]
)
def test_a_short_question_stays_as_it_is(text: str) -> None:
    assert condense(text, TABLES).short == " ".join(text.split())


def test_who_asks_nothing_is_still_heard() -> None:
    asked = condense(
        "Hello. I have been tired for weeks. Swollen ankles every evening. Thanks", TABLES
    )
    assert "ankle" in asked.focus
    assert "Thanks" not in asked.short


def test_sentences_are_not_cut_at_titles_and_initials() -> None:
    text = "Dr. J. Smith saw it. It was 1.5 cm.\n- first\n- second"
    assert split_sentences(text) == [
        "Dr. J. Smith saw it.",
        "It was 1.5 cm.",
        "- first",
        "- second",
    ]


# --- entailment


def score(question: str, known: str) -> float:
    measures = compare(condense(question, TABLES), condense(known, TABLES))
    return load_learned("entailment", dense=False).score(measures)


STORY = "Hi, my aunt is 61 and has had pain for a week. Her doctor found gallstones. {} Thank you."


@pytest.mark.parametrize(
    ("asked", "right", "wrong"),
    [
        ("How can they be treated?", "How are gallstones treated?", "What causes gallstones?"),
        ("What causes gallstones?", "What causes gallstones?", "How are gallstones treated?"),
        ("What is the treatment for them?", "How are gallstones treated?", "How are kidney stones treated?"),
        ("How are gallstones treated?", "How are gallstones treated?", "How are warts treated?"),
    ],
)  # fmt: skip
def test_the_known_question_that_asks_the_same_scores_higher(asked, right, wrong) -> None:
    assert score(STORY.format(asked), right) > score(STORY.format(asked), wrong)


def test_unrelated_questions_do_not_entail() -> None:
    assert score("What causes gallstones?", "What causes gallstones?") > 0.8
    assert score("What causes gallstones?", "How is a burn treated?") < 0.2


def test_disagreement_is_measured() -> None:
    plain, denied = condense("Is gout catching?", TABLES), condense("Is gout not catching?", TABLES)
    assert compare(plain, denied)["turned"] == 1
    assert compare(plain, plain)["turned"] == 0
    third = condense("What is type 3 gout?", TABLES)
    assert compare(plain, third)["numbers"] == 1
    assert compare(third, third)["numbers"] == 0


@pytest.mark.parametrize("kind", [True, False])
def test_agreement_never_counts_against_a_known_question(kind: bool) -> None:
    weights = load_learned("entailment", dense=kind).weights
    for name in ("covered", "recalled", "type_same", "type_share", "same", "cosine"):
        assert weights.get(name, 0) >= 0
    for name in ("type_other", "turned", "numbers"):
        assert weights.get(name, 0) <= 0


def test_a_combination_gives_a_probability() -> None:
    assert Learned(0.0, {"a": 1.0}).score({"a": 0.0}) == 0.5
    assert Learned(0.0, {"a": 1.0}).score({"a": 2.0}) == pytest.approx(1 / (1 + math.exp(-2)))
    assert Learned(-1000.0, {}).score({}) == 0
    with pytest.raises(KeyError):
        Learned(0.0, {"missing": 1.0}).score({})


# --- search


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("How are kidney stones treated?", "p2"),
        ("Hello, I am 40. They told me that I have gallstones. Do I need surgery for them?", "p1"),
        ("treatment of cholelithiasis", "p1"),  # by a synonym
        ("what causes edema", "p4"),  # by American spelling
        ("treating tennis elbows", "p3"),  # by the stem
    ],
)
def test_search_finds_the_passage(searcher, question: str, best: str) -> None:
    found = searcher.search(question)
    assert found[0].passage.id == best
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    assert all(0 <= f.score <= 1 for f in found)


@pytest.mark.parametrize(
    "question", ["", "the of and", "zyzzyva", '"', 'a" OR b:c^2 (', "a" * 9000]
)
def test_search_finds_nothing_without_fail(searcher, question: str) -> None:
    assert searcher.search(question) == []


def test_search_is_repeatable_and_obeys_its_limit(searcher) -> None:
    question = "how are stones treated"
    assert searcher.search(question) == searcher.search(question)
    assert len(searcher.search(question, 1)) == 1


def test_the_story_does_not_change_the_passage(searcher) -> None:
    for question in ("How are gallstones treated?", "What causes gallstones?"):
        told = f"Dear sir, my dog ran off in the rain last week and I could not sleep. {question} Thanks"
        assert searcher.search(told)[0].passage == searcher.search(question)[0].passage


def rank_all(fields: list[list[list[str]]], boosts: list[float], weights: dict[str, float]):
    """BM25 of every passage, by its definition: fields of passages, in words."""
    scores = [0.0] * len(fields[0])
    for texts, boost in zip(fields, boosts, strict=True):
        average = sum(map(len, texts)) / len(texts)
        for word, weight in weights.items():
            count = sum(word in text for text in texts)
            rarity = math.log(1 + (len(texts) - count + 0.5) / (count + 0.5))
            for i, text in enumerate(texts):
                if times := text.count(word):
                    norm = 1.2 * (0.25 + 0.75 * len(text) / average)
                    scores[i] += boost * weight * rarity * 2.2 * times / (times + norm)
    return scores


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([1, 3, 20]))
def test_what_is_skipped_is_never_among_the_best(seed: int, asked_words: int, limit: int) -> None:
    random = Random(seed)
    words = [f"z{a}{b}q" for a in "bcdfgk" for b in "bcdfgk"]
    rarity = [1 / (i + 1) ** 1.5 for i in range(len(words))]  # as in real texts: few are common

    def make(least: int, most: int) -> list[str]:
        return random.choices(words, rarity, k=random.randint(least, most))

    texts = [(make(1, 3), make(0, 3), make(2, 6), make(5, 35)) for _ in range(400)]
    passages = [
        make_passage(i, " ".join(focus), " ".join(question), " ".join(answer), " ".join(names))
        for i, (focus, names, question, answer) in enumerate(texts)
    ]
    asked = condense(" ".join(random.sample(words, asked_words)), TABLES)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        build_lexical(passages, folder, TABLES.tokenize)
        patch.setattr(lexical, "_SEEK", 0)  # skip whatever may be skipped: the index is small
        hits = LexicalIndex(folder).search(asked, limit)
    fields = [list(field) for field in zip(*texts, strict=True)]
    scores = rank_all(fields, [2.5, 1.5, 1.5, 1.0], weigh_terms(asked))
    best = sorted((score for score in scores if score), reverse=True)[:limit]
    assert [hit.score for hit in hits] == pytest.approx(best, rel=1e-4)
    assert [scores[hit.position] for hit in hits] == pytest.approx(best, rel=1e-4)
    assert len({hit.position for hit in hits}) == len(hits)


def test_a_damaged_index_says_so(tmp_path: Path) -> None:
    build_lexical(PASSAGES, str(tmp_path), TABLES.tokenize)
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(PackInvalidError, match="damaged"):
        LexicalIndex(str(tmp_path))
    with pytest.raises(PackInvalidError):
        LexicalIndex(str(tmp_path / "nowhere"))


def test_vectors_of_another_pack_are_refused(model: Path, tmp_path: Path) -> None:
    encoder = dense.load_encoder(str(model))
    build_index(PASSAGES, str(tmp_path / "a"), TABLES, encoder)
    build_index(PASSAGES[:2], str(tmp_path / "b"), TABLES, encoder)
    vectors, graph = (tmp_path / "a" / f"vectors.{ending}" for ending in ("f16", "usearch"))
    shutil.copy(tmp_path / "b" / "vectors.f16", vectors)
    with pytest.raises(PackInvalidError, match="another pack"):
        open_index(str(tmp_path / "a"), Packed(PASSAGES))
    vectors.write_bytes(b"garbage")
    with pytest.raises(PackInvalidError, match="damaged"):
        open_index(str(tmp_path / "a"), Packed(PASSAGES))
    for content in (b"", b"garbage" * 99, graph.read_bytes()[:100]):
        graph.write_bytes(content)
        with pytest.raises(PackInvalidError, match="damaged"):
            open_index(str(tmp_path / "a"), Packed(PASSAGES))


def test_rankings_are_fused() -> None:
    fused = fuse([["a", "b", "c"], ["b", "d"]], 3)
    assert [item for item, _ in fused] == ["b", "a", "d"]
    assert fused[0][1] == pytest.approx(1 / 62 + 1 / 61)
    assert fuse([], 5) == []


# --- candidates of a search, ranked

ANSWERS = [
    "Warts (Treatment): Most warts go away. A doctor can freeze them.",
    "Gallstones (Causes): Gallstones form when there is too much cholesterol in the bile. " * 4,
    "Gallstones (Treatment): Gallstones that hurt are treated by surgery, which takes out the gallbladder. " * 4,
]  # fmt: skip


def test_candidates_are_ranked_by_what_they_answer() -> None:
    learned = load_learned("ranking", dense=False)
    candidates = make_candidates(ANSWERS)
    assert candidates[0].heading == "Warts (Treatment)"
    for question, best in (
        ("What is the treatment for gallstones?", 2),
        ("What causes gallstones?", 1),
    ):
        ranked = rank(condense(question, TABLES), candidates, TABLES, learned)
        assert ranked[0].place == best
        assert next(r.score for r in ranked if r.place == 0) < 0.5 < ranked[0].score
        assert sorted(r.place for r in ranked) == [0, 1, 2]
    assert measure(condense("x", TABLES), [], TABLES) == []


# --- extraction

LONG = "\n\n".join(
    [
        "Gallstones are hard bits that form in the gallbladder. They can be as small as sand. " + "Many people have them and never know of it at all. " * 8,
        "Causes include:\n- too much cholesterol in the bile\n- losing weight too fast",
        "Treatment is surgery that takes out the gallbladder. It is done through small cuts. " + "People go home on the day after and eat as they did before. " * 8,
    ]
)  # fmt: skip


def test_the_sentences_that_answer_are_given_unchanged_and_in_order() -> None:
    got = extract(condense("What is the treatment for gallstones?", TABLES), LONG, TABLES, limit=60)
    assert got.more
    assert "Treatment is surgery that takes out the gallbladder." in got.sentences
    places = [LONG.index(sentence) for sentence in got.sentences]
    assert places == sorted(places)


def test_what_leans_on_a_sentence_comes_with_it() -> None:
    got = extract(condense("What causes gallstones?", TABLES), LONG, TABLES, limit=40)
    place = got.sentences.index("Causes include:")
    assert got.sentences[place + 1 : place + 3] == (
        "- too much cholesterol in the bile",
        "- losing weight too fast",
    )
    treated = extract(
        condense("gallstone surgery treatment?", TABLES), LONG, TABLES, limit=60
    ).sentences
    assert treated[
        treated.index("Treatment is surgery that takes out the gallbladder.") + 1
    ].startswith("It is done")


def test_a_list_never_stands_without_what_leads_to_it() -> None:
    text = (
        "Gallstones\n\nHow bad it is depends on many things, such as\n- the size of the stones\n"
        "- where they lie\n\n" + "Most stones stay where they are. " * 20 + "\n\n"
        "Symptoms of gallstones can include\n- pain\n- fever"
    )
    got = extract(condense("What are the symptoms of gallstones?", TABLES), text, TABLES, limit=30)
    assert "Symptoms of gallstones can include" in got.sentences
    assert "Gallstones" not in got.sentences
    for before, sentence in zip(("", *got.sentences), got.sentences, strict=False):
        assert (
            not sentence.startswith("- ")
            or before.endswith(("as", "include"))
            or before[:2] == "- "
        )


def test_a_short_passage_is_given_whole_and_a_long_sentence_too() -> None:
    asked = condense("gout?", TABLES)
    assert extract(asked, "Gout hurts. It comes and goes.", TABLES) == (
        ("Gout hurts.", "It comes and goes."),
        False,
    )
    assert extract(asked, "word " * 500, TABLES) == (("word " * 499 + "word",), False)
    assert extract(asked, "", TABLES) == ((), False)


# --- the encoder

WIDTH, HEADS, LAYERS = 8, 2, 2
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "gall",
    "##stone",
    "##s",
    "pain",
    "?",
    "cafe",
    "a",
    "°",
]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A BERT of two layers with random weights, in the files of the published model."""
    random = np.random.RandomState(7)
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), WIDTH),
        "embeddings.position_embeddings.weight": (300, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for i in range(LAYERS):
        for name, out, into in (
            *((f"attention.self.{n}", WIDTH, WIDTH) for n in ("query", "key", "value")),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", 4 * WIDTH, WIDTH),
            ("output.dense", WIDTH, 4 * WIDTH),
        ):
            shapes[f"encoder.layer.{i}.{name}.weight"] = (out, into)
            shapes[f"encoder.layer.{i}.{name}.bias"] = (out,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{i}.{name}.weight"] = (WIDTH,)
            shapes[f"encoder.layer.{i}.{name}.bias"] = (WIDTH,)
    head, body = {"__metadata__": {"format": "pt"}}, b""
    for name, shape in shapes.items():
        data = (random.randn(*shape) / 2).astype("<f4").tobytes()
        head[name] = {
            "dtype": "F32",
            "shape": shape,
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(head).encode()
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    vocabulary = {piece: i for i, piece in enumerate(VOCABULARY)}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": HEADS}))
    return folder


def run_plainly(weights, numbers):
    """The network, written as the papers do: one text, one head at a time, the exact error function."""

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def step(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][numbers]
    x = x + weights["embeddings.position_embeddings.weight"][: len(numbers)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(LAYERS):
        at = f"encoder.layer.{i}."
        q, k, v = (step(x, f"{at}attention.self.{n}") for n in ("query", "key", "value"))
        size = WIDTH // HEADS
        seen = []
        for h in range(HEADS):
            part = slice(h * size, (h + 1) * size)
            weight = np.exp(q[:, part] @ k[:, part].T / math.sqrt(size))
            seen.append(weight / weight.sum(-1, keepdims=True) @ v[:, part])
        x = norm(
            x + step(np.concatenate(seen, -1), f"{at}attention.output.dense"),
            f"{at}attention.output.LayerNorm",
        )
        wide = step(x, f"{at}intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(x + step(wide, f"{at}output.dense"), f"{at}output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


TEXTS = ["gallstones", "pain?", "", "a gallstone pain pain pain?", "unknown words"]


def test_the_encoder_is_the_network_of_the_papers(model: Path) -> None:
    encoder = dense.load_encoder(str(model))
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), WIDTH)
    assert vectors.dtype == np.float32
    pieces = WordPieces({piece: i for i, piece in enumerate(VOCABULARY)})
    weights = dense._parse_safetensors((model / "model.safetensors").read_bytes())
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert vector == pytest.approx(run_plainly(weights, pieces.encode(text, 256)), abs=2e-5)


def test_a_text_has_one_vector_however_it_is_batched(model: Path, monkeypatch) -> None:
    encoder = dense.load_encoder(str(model))
    together = encoder.encode(TEXTS * 9)
    monkeypatch.setattr(dense, "_STEP", 1)
    assert np.allclose(encoder.encode(TEXTS * 9), together, atol=1e-5)
    assert encoder.encode([]).shape == (0, WIDTH)


def test_a_model_in_a_zip_file_is_read(model: Path, tmp_path: Path) -> None:
    packed = tmp_path / "model.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in model.iterdir():
            archive.write(file, file.name)
    both = [dense.load_encoder(str(path)).encode(TEXTS) for path in (model, packed)]
    assert np.array_equal(*both)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_model_says_so_in_one_line(model: Path, name: str) -> None:
    (model / name).write_bytes((model / name).read_bytes()[:20])
    with pytest.raises(ModelError) as caught:
        dense.load_encoder(str(model))
    assert "\n" not in str(caught.value)
    (model / name).unlink()
    with pytest.raises(ModelError):
        dense.load_encoder(str(model))


def test_without_a_model_the_message_says_what_to_do(monkeypatch) -> None:
    monkeypatch.setattr(dense, "find_model", lambda: None)
    with pytest.raises(MissingExtraError, match="pellucid\\[dense\\]"):
        dense.load_encoder()


def test_words_fall_into_their_pieces() -> None:
    pieces = WordPieces({piece: i for i, piece in enumerate(VOCABULARY)})

    def split(text: str, limit: int = 256) -> list[str]:
        return [VOCABULARY[i] for i in pieces.encode(text, limit)]

    assert split("Gallstones?") == ["[CLS]", "gall", "##stone", "##s", "?", "[SEP]"]
    assert split("CAFÉ pain?a") == ["[CLS]", "cafe", "pain", "?", "a", "[SEP]"]
    assert split("gallx") == ["[CLS]", "[UNK]", "[SEP]"]
    assert split("a" * 101) == ["[CLS]", "[UNK]", "[SEP]"]
    assert split("°") == ["[CLS]", "°", "[SEP]"]
    assert split("a " * 50, 4) == ["[CLS]", "a", "a", "[SEP]"]


def test_search_by_meaning_finds_what_shares_no_word(model: Path, tmp_path: Path) -> None:
    encoder = dense.load_encoder(str(model))
    passages = Packed(p._replace(question=q) for p, q in zip(PASSAGES, ["gallstones", "pain", "a", "?", "cafe", "° °"], strict=True))  # fmt: skip
    folder = tmp_path / "index"
    build_index(passages, str(folder), TABLES, encoder)
    opened = open_index(str(folder), passages)
    vectors = opened.get_vectors(range(len(PASSAGES)))
    assert vectors is not None
    assert vectors.shape == (len(PASSAGES), WIDTH)
    question = "unknowable"  # no word of it is in the index
    assert Searcher([opened], TABLES).search(question) == []
    assert len(Searcher([opened], TABLES, encoder).search(question)) == 5
    asked = encode_asked(condense(question, TABLES), encoder)
    near = opened.find_by_meaning(asked[1], 3)
    assert [hit.position for hit in near] == np.argsort(-(vectors @ asked[1]))[:3].tolist()
    assert compare_meaning(asked, asked[0])["cosine"] == pytest.approx(1, abs=1e-5)


def test_the_server_gives_what_the_files_give(model: Path, tmp_path: Path) -> None:
    encoder = dense.load_encoder(str(model))
    served = serve_pack(PASSAGES, encoder)
    build_index(PASSAGES, str(tmp_path), TABLES, encoder)
    files = open_index(str(tmp_path), Packed(PASSAGES))
    assert list(served) == PASSAGES
    assert served.get("p3") == PASSAGES[3]
    assert served.find_named("CHOLELITHIASIS") == [1]
    assert served.find_all_named(["cholelithiasis", "none"]) == {"cholelithiasis": [1]}
    assert served.has_vectors
    assert files.has_vectors
    numbers = range(len(PASSAGES))
    assert np.allclose(served.get_vectors(numbers), files.get_vectors(numbers), atol=2e-3)
    vector = encode_asked(condense("unknowable", TABLES), encoder)[1]
    near = [hit.position for hit in files.find_by_meaning(vector, 3)]
    assert [hit.position for hit in served.find_by_meaning(vector, 3)] == near
    for question in ("How are kidney stones treated?", "unknowable", "what causes edema"):
        first, second = (
            Searcher([p], TABLES, encoder).search(question, 1) for p in (files, served)
        )
        assert first[0].passage == second[0].passage
    served.close()


def test_a_pack_on_a_server_is_whole_or_not_at_all() -> None:
    served = serve_pack(PASSAGES)
    shelf = PostgresShelf(os.environ["PELLUCID_STORE_TEST"])

    def break_off():
        yield PASSAGES[0]
        raise CollectionError("cut short")

    with pytest.raises(CollectionError), shelf.change("own"):
        shelf.put(served.pack, break_off(), TABLES)
    assert len(served) == len(PASSAGES)
    assert [p.id for p in served.get_many([5, 0])] == ["p5", "p0"]
    with pytest.raises(PackStoreError, match="duplicate"), shelf.change("own"):
        shelf.put(served.pack, [PASSAGES[0]] * 2, TABLES)
    with (
        shelf.change("own"),
        pytest.raises(PackStoreError, match="another command"),
        shelf.change("own"),
    ):
        pass
    odd = make_passage(9, "a'\\b\0", "What is a\0b?", "It is 'odd'." + " word" * 300_000)
    replaced = serve_pack([odd])
    assert Searcher([replaced], TABLES).search("what is a'\\b it is odd")[0].passage.id == "p9"
    with pytest.raises(PackInvalidError, match="replaced"):
        served.get_many([5])
    again = shelf.open("own")
    assert [p.id for p in again.get_many([0])] == ["p9"]
    again.close()
    assert shelf.find_damage(shelf.get("own")) == []
    shelf.remove("own")
    assert shelf.list_names() == []
    with pytest.raises(PackNotFoundError):
        shelf.get("own")
    replaced.close()
    served.close()


def test_a_server_that_is_away_is_one_line_without_its_password() -> None:
    pytest.importorskip("psycopg", reason="pip install 'pellucid[postgres]'")
    with pytest.raises(PackStoreError) as raised:
        PostgresShelf("postgres://me:secret@127.0.0.1:1/db").list_names()
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(dense.find_model() is None, reason="no package ships the model here")
def test_the_published_model_knows_what_is_alike() -> None:
    encoder = dense.load_encoder()
    asked, near, far = encoder.encode(
        [
            "How is high blood pressure treated?",
            "What helps against hypertension?",
            "Where do whales live?",
        ]
    )
    assert asked @ near > 0.6
    assert asked @ far < 0.2


def test_the_room_works_without_numpy(monkeypatch, model: Path, tmp_path: Path) -> None:
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.split(".")[0] in ("numpy", "usearch"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    build_index(PASSAGES, str(tmp_path), TABLES, dense.load_encoder(str(model)))
    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    opened = open_index(str(tmp_path), Packed(PASSAGES))
    assert opened.get_vectors([0]) is None
    assert Searcher([opened], TABLES).search("tennis elbow treatment")[0].passage.id == "p3"


def test_the_index_is_a_folder_that_can_be_moved(tmp_path: Path) -> None:
    build_index(PASSAGES, str(tmp_path / "a"), TABLES)
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert Searcher([open_index(str(tmp_path / "b"), Packed(PASSAGES))], TABLES).search("edema")
