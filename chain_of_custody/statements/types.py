"""Statement types: for each the sentence, the members of its body, its chain, and so whose key signs it.

`TYPES` is the only place in Python for all of this. The set of types is closed: a verifier that met an
unknown type could not say what was done to the evidence. What else has a row for a type:
CONTRIBUTING.md, "Where a new statement type goes".

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeAlias

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.ed25519 import KEY_SIZE, Ed25519Key
from chain_of_custody.encoding.json_object import (
    Reader,
    base64_bytes,
    hexadecimal,
    object_of,
    one_of,
    or_none,
    whole,
)
from chain_of_custody.encoding.signed_note import decode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.origin import parse_origin

STATES = frozenset(("complete", "interrupted"))
"""How a recording part ended: stopped by a person, or cut off and sealed afterwards."""

DERIVATIVES: Mapping[str, str] = {
    "comparison-sheet": "jpeg",
    "composed-film": "mp4",
    "contact-sheet": "jpeg",
    "film-copy": "mp4",
    "pages-copy": "pdf",
    "picture-copy": "jpeg",
    "redacted-film": "mp4",
    "sound-copy": "mp4",
    "still": "jpeg",
    "text-copy": "txt",
    "transcript": "vtt",
}
"""Kind of derivative → its format."""
WRITTEN = frozenset(("transcript",))
"""Kinds of derivative that people write; no program makes them."""
OF_PHOTOGRAPHS = frozenset(("comparison-sheet",))
"""Kinds made only from photographs; their statement says whether the derivative is intimate."""
OF_RECEIVED = frozenset(("film-copy", "pages-copy", "picture-copy", "sound-copy", "text-copy"))
"""Kinds made from one received file, whole: what of it can be viewed without opening the file itself."""
EXAMINATION = "examination"
"""Format of a document that is the record of an examination (docs/spec/examination.md)."""
KIT = "kit"
"""Kind of specimen that other specimens are put into (docs/spec/specimen.md)."""
WITHDRAWN = "specimen.withdrawn"
"""Type of the statement that a specimen was entered in error."""
SPECIMENS = frozenset(("blood", "clothing", "hair", KIT, "nails", "object", "other", "swab", "urine"))
"""Kinds of specimen."""
RELEASED = frozenset(("redacted-film", "transcript"))
"""Kinds that a second person checks before they are relied on."""

MAX_ITEMS = 200
"""Maximum items that one grant or one order names, or that one derivative is made from."""

MAX_CREDENTIAL_KEY = 2048
"""Maximum bytes of a credential's SubjectPublicKeyInfo."""

_RELYING_PARTY = re.compile(r"[a-z0-9.-]{1,253}")

# --- the forms that members of a body have ----------------------------------------------------------------


def _true(value: object, what: str) -> bool:
    if value is not True:
        raise Malformed(f"{what}: not true")
    return value


def _public_key(value: object, what: str) -> bytes:
    return Ed25519Key(canonical_json.base64_bytes(value, KEY_SIZE, what)).raw


def _credential_key(value: object, what: str) -> bytes:
    key = decode_base64(value, what) if isinstance(value, str) else b""
    if not 1 <= len(key) <= MAX_CREDENTIAL_KEY:
        raise Malformed(f"{what}: not 1 to {MAX_CREDENTIAL_KEY} bytes in base64")
    return key


def _relying_party(value: object, what: str) -> str:
    if not isinstance(value, str) or not _RELYING_PARTY.fullmatch(value):
        raise Malformed(f"{what}: not a host name")
    return value


def _excerpt(value: object, what: str) -> Mapping[str, Any]:
    span = object_of(**{"from": canonical_json.integer, "to": canonical_json.integer})(value, what)
    canonical_json.integer(span["to"], f"{what} to", low=span["from"] + 1)
    return span


_FORMS: dict[str, Reader[object]] = {
    name: read
    for read, names in (
        (canonical_json.boolean, "accepted agreed intact intimate practice stored viewing"),
        (canonical_json.code, "authority by code copy form format ground language name organisation"),
        (canonical_json.code, "reason report role seal subject"),
        (canonical_json.digest, "digest escrow header list manifest package paper policy root wrap"),
        (
            canonical_json.identifier,
            "beside corrects disposal evidence exam exclusion follows grant",
        ),
        (canonical_json.identifier, "handover hold interview kit order person request"),
        (canonical_json.instant, "at from until"),
        (canonical_json.integer, "damaged injuries missing number objects pending regions registry"),
        (canonical_json.integer, "repaired sound surplus wraps"),
        (whole(low=1), "count earlier part positive records"),
        (whole(1000, 9999), "year"),
        (hexadecimal(8), "key-id recorder"),
        (hexadecimal(64), "sha-512-digest"),
        (_public_key, "public-key"),
        (base64_bytes(64), "signature"),
        (_credential_key, "credential-key"),
        (_excerpt, "excerpt"),
        (one_of(("begun", "complete")), "rotation-state"),
        (one_of(("consent", "court-order")), "basis"),
        (one_of(("consistent", "intact")), "receipt-outcome"),
        (one_of(("copy", "view")), "grant-kind"),
        (one_of(("eddsa", "es256", "rs256")), "credential-algorithm"),
        (one_of(("center", "key")), "revocation-proof"),
        (one_of(("escrow", "ledger", "vault")), "key-kind"),
        (one_of(("given", "limited", "refused")), "consent-outcome"),
        (one_of(("organisation", "person", "public", "seizure")), "received-source"),
        (one_of(("not-asked", "refused", "withdrawn")), "consent-lacking"),
        (one_of(("key", "link", "recovery")), "enrolment-proof"),
        (one_of(("account", "link")), "handover-proof"),
        (one_of(("ambient", "cooled", "dry", "frozen")), "storage"),
        (one_of(("sha-512",)), "rehashing-algorithm"),
        (one_of(DERIVATIVES), "derivative-kind"),
        (one_of(SPECIMENS), "specimen-kind"),
        (one_of(STATES), "recording-state"),
        (_relying_party, "rp"),
        (_true, "excluded interpreter"),
        (parse_origin, "origin"),
    )
    for name in names.split()
}
"""Name of a form → its reader. A member has the form of its own name, unless its row in `TYPES` names
another."""


def _members(text: str) -> tuple[dict[str, Reader[object]], dict[str, Reader[object]]]:
    """Parse names of members, as in `kind:key-kind replaces:key-id|null order?`.

    A form follows the colon; without one, the member's name is also its form. `|null`: null is accepted too.
    `?`: the member is optional. Returns the readers of the required members, and of the optional ones.
    """
    required: dict[str, Reader[object]] = {}
    optional: dict[str, Reader[object]] = {}
    for word in text.split():
        described, _, null = word.partition("|")
        name, _, form = described.partition(":")
        read = _FORMS[form or name.rstrip("?")]
        found = optional if name.endswith("?") else required
        found[name.rstrip("?")] = or_none(read) if null else read
    return required, optional


def _object(text: str) -> Reader[dict[str, Any]]:
    """Return the reader of an object with exactly these members."""
    return object_of(**_members(text)[0])


def _several(name: str, read: Reader[Any]) -> Reader[list[Any]]:
    """Return the reader of a list of 1 to `MAX_ITEMS`, whose errors name the list and not its item."""

    def read_all(value: object, what: str) -> list[Any]:
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_ITEMS:
            raise Malformed(f"{what}: not 1 to {MAX_ITEMS} {name}")
        return [read(one, what) for one in value]

    return read_all


_listed_sources = _several("sources", _object("evidence excerpt|null manifest"))


def check_sources(value: object, what: str) -> Sequence[Mapping[str, Any]]:
    """Return `value` if it lists sources: each excerpt once, one manifest for each evidence."""
    sources = _listed_sources(value, what)
    spoken = [canonical_json.serialise(source) for source in sources]
    manifests = {(source["evidence"], source["manifest"]) for source in sources}
    if len(set(spoken)) < len(sources) or len({evidence for evidence, _ in manifests}) < len(manifests):
        raise Malformed(f"{what}: one twice, or evidence under two manifests")
    return sources


_FORMS |= {
    "items": _several("items", _object("evidence excerpt|null")),
    "not_before": _object("root size:number"),
    "giver": _object("organisation person role"),
    "holder": _object("organisation person role"),
    "receipt": _object("at key:public-key organisation outcome:receipt-outcome package signature"),
    "receiver": _object("organisation person role"),
    "sources": check_sources,
    "to": _object("organisation role"),
}

# --- the types --------------------------------------------------------------------------------------------

ChainKind: TypeAlias = Literal[
    "registry",
    "case",
    "interview",
    "recording",
    "photograph",
    "document",
    "received",
    "derivative",
    "specimen",
]
"""What a chain is about; the registry: about the deployment itself."""


@dataclass(frozen=True)
class StatementType:
    """One type of statement."""

    sentence: str
    """What was done, for reports; `{member}` is replaced by a member of the body (`report.custody_text`)."""
    members: str = ""
    """Members of the body (`_members`)."""
    chain: ChainKind | None = None
    """The only kind of chain that it occurs in; None: any but the registry. A recorder's key signs what
    belongs to the chain of a recording, alone; the center's key signs everything else."""
    begins: bool = False
    """Whether it is the first statement of its chain, and occurs nowhere else."""
    suffixes: Mapping[str, str] = field(default_factory=dict)
    """Member → what follows the sentence if that member is present and not null, false or 0."""
    check: Callable[[Mapping[str, Any]], None] | None = None
    """Checks what the members require of each other. Raises `Malformed`."""


def _check_derivative(body: Mapping[str, Any]) -> None:
    """Check what a derivative's kind requires of the rest of its body."""
    if body["format"] != DERIVATIVES[body["kind"]]:
        raise Malformed("derivative.made format: not that of its kind")
    if ("intimate" in body) != (body["kind"] in OF_PHOTOGRAPHS):
        raise Malformed("derivative.made intimate: of what is made from photographs, and of nothing else")
    if body["kind"] in OF_PHOTOGRAPHS and any(source["excerpt"] is not None for source in body["sources"]):
        raise Malformed("derivative.made sources: minutes of a photograph")
    if body["kind"] in OF_RECEIVED and [source["excerpt"] for source in body["sources"]] != [None]:
        raise Malformed("derivative.made sources: not one received file, whole")


def _check_document(body: Mapping[str, Any]) -> None:
    """Check that the record of an examination, and nothing else, names its form and what it corrects."""
    if ("form" in body) != (body["format"] == EXAMINATION):
        raise Malformed("document.sealed form: of the record of an examination, and of nothing else")
    if "corrects" in body and "form" not in body:
        raise Malformed("document.sealed corrects: of the record of an examination, and of nothing else")


def _check_consent(body: Mapping[str, Any]) -> None:
    """Check that only an answer that another person gave names the ground on which they gave it."""
    if "ground" in body and body["by"] == "self":
        raise Malformed("consent.recorded ground: of an answer that the person gave alone")


def _check_specimen(body: Mapping[str, Any]) -> None:
    """Check that no kit is in a kit."""
    if "kit" in body and body["kind"] == KIT:
        raise Malformed("specimen.taken kit: a kit in a kit")


_type = StatementType
_registry = partial(StatementType, chain="registry")
_recording = partial(StatementType, chain="recording")
_specimen = partial(StatementType, chain="specimen")
_SEALED = "format manifest number:positive records root wrap"

TYPES: Mapping[str, StatementType] = {
    "recorder.enrolled": _registry("the key of recorder {name} was enrolled", "key:public-key name"),
    "recorder.revoked": _registry(
        "the recorder's key {key} was revoked, reason {reason}", "key:key-id reason"
    ),
    "credential.enrolled": _registry(
        "a key of person {person} was enrolled, {proof}",
        "algorithm:credential-algorithm key:credential-key person proof:enrolment-proof rp",
    ),
    "credential.revoked": _registry(
        "the person's key {key} was revoked, reason {reason}, {proof}",
        "key:key-id proof:revocation-proof reason",
    ),
    "role.given": _registry(
        "person {person} was given the role {role} in {organisation}", "organisation person role"
    ),
    "role.withdrawn": _registry("person {person} has the role no longer, reason {reason}", "person reason"),
    "policy.changed": _registry("the trust policy was changed", "policy"),
    "timestamp.renewed": _registry(
        "a timestamp of authority {authority} was renewed",
        "authority root size:positive token:sha-512-digest",
    ),
    "key.rotated": _registry(
        "the center's {kind} key is {key} from here on, {items} items are still to be wrapped",
        "items:number key:key-id kind:key-kind replaces:key-id|null state:rotation-state",
    ),
    "ledger.succeeded": _registry(
        "this ledger succeeded another, of which statements are lost",
        "origin root seen:number|null size:number",
    ),
    "interview.opened": _type(
        "the interview was opened",
        "practice earlier? follows?",
        chain="interview",
        begins=True,
        suffixes={"earlier": ", after {earlier} earlier ones"},
    ),
    "interview.decided": _type(
        "it was decided to record although consent to recording was {consent}",
        "consent:consent-lacking",
        chain="interview",
    ),
    "interview.voided": _type(
        "the interview was voided as opened in error, reason {reason}", "reason", chain="interview"
    ),
    "recording.started": _recording(
        "recording of part {part} started",
        "header interview not_before part recorder wrap beside? escrow?",
        begins=True,
    ),
    "recording.progress": _recording("the recording so far was committed to", "records root"),
    "recording.interrupted": _recording(
        "recording was found interrupted, reason {reason}", "reason records root"
    ),
    "recording.sealed": _recording(
        "the recording was sealed, {state}", "manifest records root state:recording-state"
    ),
    "seal.confirmed": _type("the seal was confirmed, manifest {manifest}", "manifest"),
    "photograph.sealed": _type(
        "it was sealed as photograph {number} of its case, format {format}",
        f"{_SEALED} intimate agreed? escrow? exam?",
        chain="photograph",
        begins=True,
        suffixes={"intimate": ", intimate", "agreed": ", to which the person agreed in particular"},
    ),
    "document.sealed": _type(
        "it was sealed as document {number} of its case, format {format}",
        f"{_SEALED} corrects? escrow? exam? form?:digest",
        chain="document",
        begins=True,
        suffixes={
            "form": ", the record of an examination, form {form}",
            "corrects": ", which corrects evidence {corrects}",
        },
        check=_check_document,
    ),
    "examination.certified": _type(
        "a medical certificate was made of it, SHA-256 {paper}", "paper", chain="document"
    ),
    "evidence.received": _type(
        "it was received from outside (source: {source}) and sealed as received file {number} of its case, "
        "format {format}",
        f"{_SEALED} source:received-source escrow? request?",
        chain="received",
        begins=True,
        suffixes={"request": ", by request {request}"},
    ),
    "evidence.received-again": _type(
        "the same file was received from outside again (source: {source})",
        "source:received-source request?",
        chain="received",
        suffixes={"request": ", by request {request}"},
    ),
    "evidence.requested": _type(
        "files were requested from outside until {until}, request {request}", "request until"
    ),
    "request.withdrawn": _type("the request {request} for files was withdrawn", "request"),
    "derivative.made": _type(
        "a {kind} was made, working copy {number} of its case, format {format}",
        f"{_SEALED} kind:derivative-kind sources escrow? intimate?",
        chain="derivative",
        begins=True,
        check=_check_derivative,
    ),
    "derivative.checked": _type(
        "it was looked at and {accepted}, by a second person", "accepted", chain="derivative"
    ),
    "specimen.taken": _specimen(
        "it was taken ({kind}) and closed with seal {seal}",
        "kind:specimen-kind number:positive seal storage|null kit?",
        begins=True,
        suffixes={"storage": ", to be stored {storage}", "kit": ", and put into kit {kit}"},
        check=_check_specimen,
    ),
    "specimen.handed-over": _specimen(
        "it was handed over to {to[role]} of {to[organisation]} by {giver[role]} of {giver[organisation]}, "
        "seal {seal} {intact}{stored}, to be received until {until}, handover {handover}, {proof}",
        "giver handover intact proof:handover-proof seal stored|null to until",
    ),
    "specimen.received": _specimen(
        "it was received by {receiver[role]} of {receiver[organisation]}, seal {seal} {intact}{stored}, "
        "handover {handover}, {proof}",
        "handover intact proof:handover-proof receiver seal stored|null",
    ),
    "specimen.recalled": _specimen("its handover {handover} was recalled", "handover"),
    "specimen.link-made": _specimen(
        "a new one-time link was made for {holder[role]} of {holder[organisation]}, who had it", "holder"
    ),
    "specimen.destroyed": _specimen(
        "it was destroyed by {giver[role]} of {giver[organisation]}, reason {reason}, seal {seal} {intact}"
        "{stored}, {proof}",
        "giver intact proof:handover-proof reason seal stored|null",
    ),
    WITHDRAWN: _specimen("it was withdrawn, as entered in error, reason {reason}", "reason"),
    "photographs.viewed": _type("{count} photographs of the case were looked at as small pictures", "count"),
    "intimate.requested": _type("it was asked to open this intimate picture, request {request}", "request"),
    "intimate.approved": _type(
        "it was agreed that person {person} opens it, request {request}", "person request"
    ),
    "intimate.refused": _type(
        "it was refused that person {person} opens it, request {request}", "person request"
    ),
    "exam.opened": _type("a set of exam photographs was begun", "follows?"),
    "exam.noted": _type(
        "{injuries} injuries were noted in the set, {regions} regions of the body were looked at",
        "injuries regions",
    ),
    "exam.closed": _type("the set was closed, {missing} pictures missing", "missing"),
    "exam.reported": _type("a report of the set was made, SHA-256 {paper}", "paper"),
    "evidence.viewed": _type(
        "the recording was viewed", "grant?", suffixes={"grant": " under grant {grant}"}
    ),
    "evidence.exported": _type(
        "a copy was made for a court",
        "excerpt|null package registry grant? order?",
        suffixes={"excerpt": ", an excerpt {excerpt}", "order": ", by order {order}"},
    ),
    "export.ordered": _type(
        "a copy for a court was ordered, order {order}",
        "items order viewing excluded?",
        suffixes={"excluded": ", with what a court has excluded"},
    ),
    "evidence.verified": _type(
        "copy {copy} was read again{whole}, {sound} objects as recorded",
        "copy damaged repaired sound surplus",
        suffixes={
            "repaired": ", {repaired} were damaged or missing and were put right from another copy",
            "damaged": ", {damaged} were damaged or missing and could not be put right",
            "surplus": ", {surplus} do not belong to it",
        },
    ),
    "evidence.rehashed": _type(
        "the recording was committed to anew, with {algorithm}",
        "algorithm:rehashing-algorithm manifest:sha-512-digest records root:sha-512-digest",
    ),
    "custody.transferred": _type(
        "a court acknowledged a copy: {receipt[organisation]} found it {receipt[outcome]} at {receipt[at]}",
        "receipt",
    ),
    "case.described": _type("name and notes of the case were written"),
    "case.voided": _type("the case was voided as opened in error, reason {reason}", "reason"),
    "case.given": _type("the case was given to person {person}", "person"),
    "case.withdrawn": _type("the case was taken back from person {person}", "person"),
    "grant.given": _type(
        "person {person} was granted to {kind}, resting on {basis}, grant {grant}",
        "basis from grant items|null kind:grant-kind person until",
    ),
    "grant.accepted": _type("what grant {grant} asks for was undertaken", "grant"),
    "grant.withdrawn": _type("grant {grant} was withdrawn, reason {reason}", "grant reason"),
    "copy.authorised": _type("a copy under grant {grant} was authorised", "grant"),
    "consent.recorded": _type(
        "consent for {subject} was recorded as {outcome}, by {by}",
        "by form language outcome:consent-outcome subject ground? interpreter?",
        suffixes={"ground": ", ground {ground}", "interpreter": ", through an interpreter"},
        chain="case",
        check=_check_consent,
    ),
    "consent.withdrawn": _type(
        "consent for {subject} was withdrawn, by {by}", "by form subject", chain="case"
    ),
    "passage.excluded": _type(
        "a court excluded {passage} from being used, exclusion {exclusion}, reason {reason}",
        "excerpt|null exclusion reason",
    ),
    "passage.restored": _type(
        "exclusion {exclusion} by a court has ended, reason {reason}", "exclusion reason"
    ),
    "retention.set": _type("it was set how long the case is kept, as {kind}", "kind:code until|null"),
    "hold.placed": _type("legal hold {hold} was placed, reason {reason}", "hold reason"),
    "hold.lifted": _type("legal hold {hold} was lifted, reason {reason}", "hold reason"),
    "disposal.authorised": _type("disposal {disposal} was authorised, reason {reason}", "disposal reason"),
    "disposal.refused": _type("disposal {disposal} was refused, reason {reason}", "disposal reason"),
    "evidence.disposed": _type(
        "all {wraps} wrapped keys of it were destroyed, disposal {disposal}",
        "disposal list objects pending wraps",
    ),
    "statistics.viewed": _type("numbers of the year {year} were read, report {report}", "report year"),
}
"""Every statement type."""

_BODIES = {name: _members(one.members) for name, one in TYPES.items()}

RECORDER_TYPES = frozenset(name for name, one in TYPES.items() if one.chain == "recording")
"""Types that a recorder's key signs and the center's does not."""

REGISTRY_TYPES = frozenset(name for name, one in TYPES.items() if one.chain == "registry")
"""Types of the registry, the chain about the deployment itself. No other chain has these."""

SEALS: Mapping[str, str] = {
    "photograph": "photograph.sealed",
    "document": "document.sealed",
    "received": "evidence.received",
    "derivative": "derivative.made",
}
"""Kind of file → type of the statement that seals it."""
FILES_SEALED = frozenset(SEALS.values())
"""Types that begin the chain of a file (`FileKind`), and occur in no other chain."""


def check_body(type_: str, body: object) -> None:
    """Raise `Malformed` unless `body` matches the schema of `type_` exactly."""
    if not isinstance(body, Mapping):
        raise Malformed("statement body: not a JSON object")
    if type_ not in TYPES:
        raise Malformed(f"no type of statement: {type_[:64]}")
    required, optional = _BODIES[type_]
    checks = required | {name: check for name, check in optional.items() if name in body}
    fields = canonical_json.exact_keys(dict(body), frozenset(checks), f"{type_} body")
    for name, check in checks.items():
        check(fields[name], f"{type_} {name}")
    if (check_together := TYPES[type_].check) is not None:
        check_together(fields)
