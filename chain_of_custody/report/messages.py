"""Report messages with codes: what is proved, what a court should know, what is *not* proved.

A message is a code and its values; its sentence is one wording of them. Programs, and the page that verifies
in a browser in other languages, use the code. So a code never changes its meaning, and both verifiers have
the same codes. This is the only list of them in Python.

Values are text and whole numbers. Specification: docs/spec/court-package.md, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PROVED: Mapping[str, str] = {
    "ledger.registered": "The ledger {origin} ({size} entries) is signed with both keys of the registered "
    "policy.",
    "ledger.own": "The ledger {origin} ({size} entries) is signed with both keys of the policy in this "
    "package.",
    "statements": "All {count} statements here are in that ledger, each signed by a key that "
    "counted then, by the registry as far as it is here.",
    "chains": "Each item's statements are complete from its start to the export of this package.",
    "registry": "Who could sign when is stated, no entry missing, up to statement {number} of the registry.",
    "fragments": "All {count} fragments of picture and sound in the whole recordings here are those that "
    "the recorder sealed, in their order, none missing, none added.",
    "excerpts": "All {count} fragments of picture and sound in the excerpts here are those that the "
    "recorder sealed, in their order, and none between them is missing.",
    "files": "All {count} photographs, documents and received files here are, byte by byte, the files that "
    "the center sealed, and the smaller pictures with them those that it made and sealed.",
    "derivatives": "All {count} derivatives here are, byte by byte, the files that the center sealed as "
    "such, each with what the center says that it was made from, and how.",
    "viewing": "The {count} viewing copies consist of the same fragments and nothing else.",
    "not-before": "Each recording was begun after the state of the ledger that its start names.",
    "persons.signed": "{count} acts are signed by the acting person's own key as well.",
    "witness": "Witness {witness} had cosigned this ledger by {at}, by its own clock, as one that continues "
    "all it saw before.",
    "sealed": "Part {part} was sealed not later than {at}, according to authority {authority}.",
    "rehashed": "Part {part} is also committed to with SHA-512, since statement {position}.",
}
"""What is proved."""

FINDINGS: Mapping[str, str] = {
    "clock.ahead": "Statement {position} gives {at} as its time; authority {authority} saw it in the "
    "ledger {seconds} s before that. A clock was wrong.",
    "clock.backwards": "{count} statements give an earlier time than the one before them in the ledger "
    "(the first is {position}). The order itself is proved by the ledger.",
    "clock.film": "Part {part} gives {film} as its beginning, and its statement of it {stated}.",
    "parts.order": "Part {part} entered the ledger before part {before}.",
    "parts.overlap": "Part {part} begins {seconds} s before part {before} ends, by the recorder's clock.",
    "parts.pause": "Between part {before} and part {part} nothing was recorded for {seconds} s, by the "
    "recorder's clock.",
    "parts.hole": "Between part {before} and part {part} this package holds nothing for {seconds} s, by "
    "the recorder's clock.",
    "role.other": "Statement {position} was made as {stated}; the registry gave that person the role "
    "{role} then.",
    "role.none": "Statement {position} was made as {stated}; the registry gave that person no role then.",
    "policy.other": "Statement {position}, the newest about the policy, names another one than this: "
    "{fingerprint}. Ask the center which one applies, and why.",
    "key.revoked": "Key {key} was revoked by statement {position}; what it signed before counts.",
    "key.again": "Key {key}, enrolled by statement {position}, is based on a one-time link after the "
    "person's earlier keys were revoked: no earlier key of that person confirmed it.",
    "key.recovery": "Key {key}, enrolled by statement {position}, is based on a recovery code: no earlier "
    "key of that person confirmed it.",
    "derivative.refused": "Derivative {evidence} was looked at by a second person, who did not accept it: "
    "statement {position}, the newest that says so.",
    "specimen.seal": "Specimen {specimen}: by statement {position} its seal was not intact.",
    "specimen.storage": "Specimen {specimen}: by statement {position} it had not been stored as had been "
    "asked.",
    "specimen.link": "Specimen {specimen}: by statement {position} somebody at the center made a new "
    "one-time link for its holder.",
    "specimen.pending": "Specimen {specimen} was handed over by statement {position}, and no receipt of that "
    "is here.",
}
"""What is not an alteration, but a court should know."""

NOT_PROVED: Mapping[str, str] = {
    "origin": "Where it comes from: the policy came with the package, and the maker of a false package "
    "would have made its policy too. Compare the policy's fingerprint with the trust sheet.",
    "witness.none": "That anybody independent has seen this ledger: no witness has cosigned it yet.",
    "witness.not-asked": "That enough independent witnesses have seen this ledger: the policy asks for none.",
    "parties.independent": "That witnesses and authorities of time are independent of the center and of each "
    "other: the office that registered the policy judged that.",
    "keys.trial": "That nobody else could sign for the center: it uses trial keys, kept unprotected.",
    "persons.unsigned": "That the persons named acted themselves, in {count} statements: recorded by the "
    "center's system; not signed by the person.",
    "persons.credential": "That a key is the person's it was enrolled for: the center enrolled it.",
    "persons.role": "That the persons had the role given, in {count} statements: the registry does not say "
    "so.",
    "interrupted": "What happened after {time} of part {part}: recording was interrupted there, and what "
    "followed was not recorded in this part.",
    "excerpt.rest": "What was recorded of part {part} before and after this excerpt: {records} of its "
    "{all} records are here.",
    "excerpt.progress": "That part {part} was committed to on the way as it was sealed: that takes all of "
    "its records.",
    "excerpt.rehashed": "That part {part} is the one that was committed to anew, with another hash: that "
    "takes all of its records.",
    "parts.missing": "Parts {first} to {last} of interview {interview}, numbered before part {part}, are "
    "not in this package: whether anything was recorded under such numbers is not shown.",
    "parts.missing-one": "Part {first} of interview {interview}, numbered before part {part}, is not in "
    "this package: whether anything was recorded under such a number is not shown.",
    "parts.beside": "Part {part} of interview {interview}, beside which a safety recording here was made, is "
    "not in this package: what the recorder recorded of it is not shown.",
    "parts.other": "That interview {interview} has no other parts: this package holds {parts}.",
    "files.other": "That the case has no other photographs, documents or received files: this package holds "
    "{count}.",
    "time.none": "When part {part} was sealed, independently: no timestamping authority has confirmed it.",
    "files.time": "When {count} photographs, documents, received files and derivatives were sealed, "
    "independently: no timestamping authority has confirmed it.",
    "time.begun": "When the recordings were begun, independently: that is by the recorder's clock.",
    "time.acts": "When the other acts were done, independently: all those times are by the center's own "
    "clocks.",
    "files.looked": "Who viewed photographs as small pictures, all of a case together: that is stated about "
    "the case, and not in this package.",
    "files.origin": "Who made the photographs, documents and received files, when and of what, and that what "
    "is written in them about that is true.",
    "files.records": "That {count} records of examinations are true: they are what was written down then.",
    "files.received": "What happened to {count} received files before the center received them: they were "
    "not recorded there. Their source is as the center states it.",
    "derivatives.made": "That {count} derivatives show what their sources show: the center made them, and "
    "they are not the masters. Anyone with the sources, the program and what else each recipe lists can make "
    "them again.",
    "derivatives.written": "That {count} transcripts say what is said in their sources: people wrote them, "
    "and they are not the masters.",
    "derivatives.scale": "That {count} comparison sheets have the scale that they say: people marked the "
    "rulers in their photographs, and said how long they are.",
    "derivatives.unchecked": "That {count} redacted films and transcripts are as they should be: no second "
    "person has stated that they accept them.",
    "derivatives.sources": "What {count} sources of derivatives hold, which are not in this package, or not "
    "all that was used of them: each is named by the digest of its manifest.",
    "derivatives.digest": "That {count} derivatives have the SHA-256 that their recipes give: their bytes "
    "are proved piece by piece, and any program that computes a SHA-256 can compare the whole.",
    "specimens.objects": "That {count} specimens are what is said of them, and were where and as the "
    "statements say: they are objects, and what is proved is who stated what about them.",
    "specimens.links": "Who confirmed {count} acts about specimens: they did so on pages opened by one-time "
    "links, and the center's system stated it.",
    "specimens.other": "That the case has no other specimens: this package has {count}.",
    "details.missing": "What {count} statements say in detail: it is committed to, and not in this package.",
    "details.word": "That the names and details given are true: they are as the center wrote them down then.",
    "later": "That no later statement and no second history of this evidence exists: only somebody who "
    "watches the whole ledger can say so.",
    "interview.rest": "That nothing else was stated about an interview: what was stated about it as a "
    "whole after its opening may be left out of a package.",
    "keys.stolen": "That a key was not used by somebody else before it was revoked, or was revoked by a "
    "statement of the registry that is not here.",
    "documents": "What the certificate, and the custody record and content credentials for other tools, say: "
    "the center states it, as of when the package was made.",
    "films.listed": "The digests of films, photographs, documents, received files and derivatives in "
    "manifest-sha256.txt: they are for other tools. Each byte of them is proved by the piece it is in.",
    "sheets": "What README.txt and bag-info.txt say: they are for people, and no signature covers them.",
    "camera": "What happened before the camera, and where it looked.",
}
"""What a reader must not assume to be proved, most serious first."""

SINGULAR: Mapping[str, str] = {
    "statements": "The {count} statement here is in that ledger, signed by a key that counted then, by the "
    "registry as far as it is here.",
    "fragments": "The {count} fragment of picture and sound in the whole recordings here is the one that the "
    "recorder sealed, with none missing and none added.",
    "excerpts": "The {count} fragment of picture and sound in the excerpts here is one that the recorder "
    "sealed.",
    "files": "The {count} photograph, document or received file here is, byte by byte, the file that the "
    "center sealed, and the smaller pictures with it those that it made and sealed.",
    "derivatives": "The {count} derivative here is, byte by byte, the file that the center sealed as such, "
    "with what the center says that it was made from, and how.",
    "derivatives.made": "That the {count} derivative shows what its sources show: the center made it, and it "
    "is not the master. Anyone with the sources, the program and what else its recipe lists can make it "
    "again.",
    "derivatives.written": "That the {count} transcript says what is said in its sources: people wrote it, "
    "and it is not the master.",
    "derivatives.scale": "That {count} comparison sheet has the scale that it says: people marked the rulers "
    "in its photographs, and said how long they are.",
    "derivatives.unchecked": "That {count} redacted film or transcript is as it should be: no second person "
    "has stated that they accept it.",
    "derivatives.sources": "What {count} source of derivatives holds, which is not in this package, or not "
    "all that was used of it: it is named by the digest of its manifest.",
    "derivatives.digest": "That the {count} derivative has the SHA-256 that its recipe gives: its bytes are "
    "proved piece by piece, and any program that computes a SHA-256 can compare the whole.",
    "files.other": "That the case has no other photographs, documents or received files: this package holds "
    "one.",
    "files.time": "When the {count} photograph, document, received file or derivative was sealed, "
    "independently: no timestamping authority has confirmed it.",
    "files.records": "That the {count} record of an examination is true: it is what was written down then.",
    "files.received": "What happened to the {count} received file before the center received it: it was not "
    "recorded there. Its source is as the center states it.",
    "specimens.objects": "That the {count} specimen is what is said of it, and was where and as the "
    "statements say: it is an object, and what is proved is who stated what about it.",
    "specimens.links": "Who confirmed {count} act about specimens: they did so on a page opened by a "
    "one-time link, and the center's system stated it.",
    "specimens.other": "That the case has no other specimens: this package has one.",
    "viewing": "The {count} viewing copy consists of the same fragments and nothing else.",
    "persons.signed": "{count} act is signed by the acting person's own key as well.",
    "clock.backwards": "{count} statement gives an earlier time than the one before it in the ledger "
    "({position}). The order itself is proved by the ledger.",
    "persons.unsigned": "That the person named acted themselves, in {count} statement: recorded by the "
    "center's system; not signed by the person.",
    "persons.role": "That the person had the role given, in {count} statement: the registry does not say so.",
    "details.missing": "What {count} statement says in detail: it is committed to, and not in this package.",
}
"""The same sentences for a {count} of one."""

_ALL = {**PROVED, **FINDINGS, **NOT_PROVED}


@dataclass(frozen=True)
class Remark:
    """A code of this module's tables and the values in its sentence."""

    code: str
    values: Mapping[str, str | int]

    @property
    def sentence(self) -> str:
        """Return the sentence in English."""
        sentences = SINGULAR if self.values.get("count") == 1 and self.code in SINGULAR else _ALL
        return sentences[self.code].format_map(self.values)

    def as_json(self) -> dict[str, Any]:
        """Return the remark for programs."""
        return {"code": self.code, "values": dict(self.values), "text": self.sentence}


def counted(code: str, count: int) -> Iterator[Remark]:
    """Yield a remark with this code and count, unless the count is 0."""
    if count:
        yield remark(code, count=count)


def remark(code: str, **values: str | int) -> Remark:
    """Return a remark with this code."""
    return Remark(code, values)
