"""Sealed items: their manifests, records, headers and events; recipes, excerpts, transcripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework.transcripts import webvtt
from casework.transcripts.webvtt import TranscriptRefused
from chain_of_custody.encoding.shown_text import printable
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.items.examination_record import ExaminationRecord
from chain_of_custody.items.excerpt import Excerpt
from chain_of_custody.items.file_manifest import FileDescription, FileHeader, FileManifest
from chain_of_custody.items.recipe import Program, Read, Recipe, Source
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Event, Header
from chain_of_custody.items.recording_manifest import Index, Manifest
from chain_of_custody.items.sender import SenderEvent
from chain_of_custody.items.viewing_copy import joined_init, segments
from chain_of_custody.package.record_layout import parse_opened
from tests.fuzz import material
from tests.fuzz.readers.reader import Reader, lines_of, quiet, seeds_of, text_of
from tests.support.packages.court_packages import DEPLOYMENT, INTERVIEW, sender
from tests.vectors.packages import examinations


def _index(data: bytes) -> list[Any]:
    index = Index.parse(data)
    cut = segments(index.records)
    return [
        index.root().hex(),
        [[[[track, init] for track, init in one.inits.items()], list(one.media)] for one in cut],
    ]


def _opened(data: bytes) -> list[Any]:
    return [[one.index, one.file, one.offset, one.length, one.salt.hex()] for one in parse_opened(data)]


def _excerpt(data: bytes) -> list[Any]:
    excerpt = Excerpt.parse(data)
    excerpt.check_records(material.manifest())
    return [excerpt.first, len(excerpt.records)]


def _viewing_copy(data: bytes) -> str:
    return joined_init({1: data, 2: material.init_segment(2)}).hex()


def _sender_event(data: bytes) -> None:
    event = Event.parse(data)
    if event.type != SenderEvent.TYPE:
        raise Malformed("not of this type")
    SenderEvent.of(event.fields).verify(INTERVIEW)


def _transcript(data: bytes) -> list[Any]:
    try:
        return [[one.begin, one.end, one.speaker, one.text] for one in webvtt.parse(data)]
    except TranscriptRefused as error:
        raise Malformed(str(error)) from error


IDS = {"deployment": DEPLOYMENT, "case": "c0" * 16, "evidence": "f0" * 16}


def _recipes() -> list[bytes]:
    sources = (Source("e0" * 16, "11" * 32, (0, 5)), Source("f0" * 16, "22" * 32))
    made = Recipe(
        kind="composed-film",
        sources=sources,
        edits={"tracks": ["wide"]},
        program=Program("ffmpeg", "7.1", "33" * 32),
        arguments=("-i", "صورة.mp4", ""),
        inputs=(Read("صورة.mp4", 100, "44" * 32),),
        output=Read("original.mp4", 45, "55" * 32),
    )
    return [made.canonical()]


def _examination_records() -> list[bytes]:
    corrects = {"evidence": "e0" * 16, "manifest": "11" * 32, "reason": "السبب"}
    choices = [{"id": one, "label": {"ar": "س", "en": "x"}} for one in ("a", "b")]
    field = {
        "certificate": False,
        "choices": [],
        "hint": None,
        "label": {"ar": "س", "en": "x"},
        "required": False,
        "unit": None,
    }
    only = {"field": "one", "is": ["a"]}
    fields = [
        {**field, "id": "one", "kind": "one-of", "choices": choices, "when": None},
        {**field, "id": "many", "kind": "several-of", "choices": choices, "when": only},
        {**field, "id": "figure", "kind": "number", "unit": "cm", "when": only},
        {**field, "id": "day", "kind": "date", "hint": {"ar": "س", "en": "x"}, "when": None},
    ]
    form = {**examinations.FORM, "sections": [{**examinations.FORM["sections"][0], "fields": fields}]}
    values = {"one": "a", "many": ["b", "a"], "figure": "-1.50", "day": "2024-02-29"}
    return [examinations.content(corrects=corrects), examinations.content(form=form, values=values)]


def _sender_events() -> list[bytes]:
    one = sender("wide").to_json()
    fields = {"confirmed": None, "event": "returned", "reason": None, "sender": one}
    person = {"id": "a0" * 16, "name": "Person A"}
    kinds = (
        fields,
        fields | {"event": "refused", "reason": "unproved", "sender": one | {"proof": None}},
        fields | {"event": "replaced", "confirmed": person},
        fields | {"event": "joined", "confirmed": person},
    )
    return [Event("sender", 5, one).canonical() for one in kinds]


def _transcripts() -> list[bytes]:
    return [
        webvtt.write(
            [
                webvtt.Cue(0, 1500, "", "one & two <three>"),
                webvtt.Cue(1500, 62_500, "ليلى", "سطر\nثانٍ 😀"),
                webvtt.Cue(3_600_000, 359_999_999, "A B", "the end"),
            ]
        )
    ]


INDEX = """(async () => {
  const records = it.parseIndex(bytes);
  const { segmentsOf } = await load("proof/recording/viewing_copies");
  const { Tree } = await load("proof/merkle");
  const tree = await Tree.over(records.map(({ leaf }) => b.fromHex(leaf, 32)));
  const cut = segmentsOf(records).map(({ inits, media }) => [[...inits], media]);
  return [b.toHex(await tree.root(records.length)), cut];
})()"""


EXCERPT = """(async () => {
  const { parseManifest } = await load("proof/recording/manifests");
  const excerpt = it.parseExcerpt(bytes);
  await it.checkPaths(excerpt, parseManifest(b.fromBase64(known)));
  return [excerpt.first, excerpt.records.length];
})()"""


SENDER_EVENT = """(async () => {
  const event = (await load("proof/recording/contents")).parseEvent(bytes);
  if (event.type !== "sender") throw new (await load("proof/errors")).Malformed("not of this type");
  await it.checkSenderEvent(event, known);
})()"""


VIEWING_COPY = "b.toHex(it.joinedInit(new Map([[1, bytes], [2, b.fromBase64(known)]])))"


WORDS = """(async () => {
  globalThis.document = { getElementById: () => null, documentElement: { lang: "en" } };
  const { printable } = await load("page/words").finally(() => delete globalThis.document);
  return printable(text());
})()"""


READERS: Mapping[str, Reader] = {
    "manifest": Reader(
        quiet(Manifest.parse),
        "proof/recording/manifests",
        "void it.parseManifest(bytes)",
        seeds_of("manifest.json"),
    ),
    "index": Reader(_index, "proof/recording/manifests", INDEX, seeds_of("index.jsonl")),
    "record": Reader(
        quiet(Record.parse), "proof/recording/records", "void it.parseRecord(text())", lines_of("index.jsonl")
    ),
    "header": Reader(
        quiet(Header.parse), "proof/recording/contents", "void it.parseHeader(bytes)", seeds_of("header.json")
    ),
    "event": Reader(
        quiet(Event.parse), "proof/recording/contents", "void it.parseEvent(bytes)", lines_of("events.jsonl")
    ),
    "sender_event": Reader(
        _sender_event, "proof/recording/senders", SENDER_EVENT, _sender_events, lambda: INTERVIEW
    ),
    "file_manifest": Reader(
        quiet(FileManifest.parse),
        "proof/recording/file_items",
        "void it.parseFileManifest(bytes)",
        lambda: [
            FileManifest(**IDS, kind="photograph", records=3, root="00" * 32, index="11" * 32).canonical()
        ],
    ),
    "file_header": Reader(
        quiet(FileHeader.parse),
        "proof/recording/file_items",
        "void it.parseFileHeader(bytes)",
        lambda: [
            FileHeader(**IDS, kind="document", purpose="examination", software={"amana": "1"}).canonical()
        ],
    ),
    "file_told": Reader(
        quiet(FileDescription.parse),
        "proof/recording/file_items",
        "void it.parseFileDescription(bytes)",
        lambda: [FileDescription("scan 1.png", 163, "22" * 32, "png", {"height": 8, "width": 8}).canonical()],
    ),
    "recipe": Reader(
        quiet(Recipe.parse), "proof/recording/derivatives", "void it.parseRecipe(bytes)", _recipes
    ),
    "examination_record": Reader(
        quiet(ExaminationRecord.parse),
        "proof/recording/examination_record",
        "void it.parseExaminationRecord(bytes)",
        _examination_records,
    ),
    "excerpt": Reader(
        _excerpt,
        "proof/recording/excerpts",
        EXCERPT,
        seeds_of("records.jsonl", material.excerpt_package),
        lambda: encode_base64(material.manifest().canonical()),
    ),
    "opened": Reader(
        _opened,
        "package/layout",
        "it.parseOpened(bytes).map(({ index, file, offset, length, salt }) =>"
        " [index, file, offset, length, b.toHex(salt)])",
        seeds_of("opened.jsonl"),
    ),
    "viewing_copy": Reader(
        _viewing_copy,
        "proof/recording/viewing_copies",
        VIEWING_COPY,
        lambda: [material.init_segment(1)],
        lambda: encode_base64(material.init_segment(2)),
    ),
    "transcript": Reader(
        _transcript,
        "transcript/webvtt",
        "it.parseTranscript(bytes).map((cue) => [cue.begin, cue.end, cue.speaker, cue.text])",
        _transcripts,
    ),
    "shown_text": Reader(
        lambda data: printable(text_of(data)),
        "proof/bytes",
        WORDS,
        lambda: ["a\u202eb 😀".encode(), b"plain text\n" * 60],
    ),
}
