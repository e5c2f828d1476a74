"""Recovery codes, sessions, and the end of everything by which somebody gets in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from casework.clock import now
from casework.database.models import Person, SignedIn, SignInMethod
from casework.errors import (
    Forbidden,
    LastPasskey,
    LinkNeeded,
    Missing,
    NotConfirmed,
    NotSignedIn,
    PasskeyNeeded,
    Refused,
)
from casework.people import (
    credentials,
    passkey_sign_in,
    passwords,
    people,
    recovery_codes,
    sign_in_methods,
    totp,
)
from casework.people.credentials import Proof
from casework.people.webauthn_challenges import Confirmation, Purpose
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.people.passkeys import asked, completed, handle, passkey, state
from tests.unit.casework.people.test_passkeys import enrolled, signs_in
from tests.unit.casework.people.test_passwords import (
    HERS,
    PASSWORD,
    Phone,
    given,
    half_a_minute_that_does_not_end,
)

__all__ = ["half_a_minute_that_does_not_end"]

pytestmark = pytest.mark.usefixtures("quick_hashes")


def with_link(world: World, person: Person) -> SignedIn:
    _, token = people.redeem(world.center, people.new_link(world.center, None, person.id))
    return people.signed_in(world.center, token)


def with_passkey(world: World, person: Person) -> SignedIn:
    return people.signed_in(world.center, signs_in(world, enrolled(world, person))[1])


def with_password(world: World, person: Person) -> SignedIn:
    number, phone = given(world, person)
    _, token, _ = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    return people.signed_in(world.center, token)


def codes_of(world: World, session: SignedIn) -> Sequence[str]:
    """Ten codes, as the person of this session confirms that they want them."""
    confirmed = Confirmation(session.person_id, Purpose.RECOVERY_CODES)
    return recovery_codes.make(world.center, session, confirmed)


def recovered(world: World, code: str) -> SignedIn:
    return people.signed_in(world.center, recovery_codes.redeem(world.center, code)[1])


# --- recovery codes ---------------------------------------------------------------------------------------


def test_each_of_ten_codes_opens_once_however_it_is_typed(world: World) -> None:
    codes = codes_of(world, with_passkey(world, world.prosecutor))
    assert len(set(codes)) == 10
    assert recovered(world, codes[0]).method is SignInMethod.RECOVERY
    typed = f" {codes[1].upper().replace('0', 'O').replace('1', 'l').replace('-', ' ')} "
    assert recovered(world, typed).person_id == world.prosecutor.id
    assert recovery_codes.codes_left(world.center, world.prosecutor.id) == 8
    for used in (codes[0], "0000-0000-0000-0000", ""):
        with pytest.raises(NotSignedIn):
            recovery_codes.redeem(world.center, used)


def test_new_codes_void_the_ones_before_and_none_is_in_the_database(world: World) -> None:
    session = with_passkey(world, world.prosecutor)
    before, after = (codes_of(world, session) for _ in range(2))
    with pytest.raises(NotSignedIn):
        recovery_codes.redeem(world.center, before[0])
    assert recovered(world, after[0])
    stored = world.database.stored()
    assert not any(code.encode() in stored or code.replace("-", "").encode() in stored for code in after)


def test_a_session_alone_makes_no_codes(world: World) -> None:
    session, other = with_passkey(world, world.prosecutor), with_passkey(world, world.court)
    for confirmed in (
        Confirmation(session.person_id, Purpose.CONFIRM),
        Confirmation(other.person_id, Purpose.RECOVERY_CODES),
    ):
        with pytest.raises(NotConfirmed):
            recovery_codes.make(world.center, session, confirmed)
    assert recovery_codes.codes_left(world.center, world.prosecutor.id) == 0


def test_the_use_of_a_code_is_told_until_its_person_has_said_that_it_was_theirs(world: World) -> None:
    codes = codes_of(world, with_passkey(world, world.prosecutor))
    assert people.get(world.center, world.prosecutor.id).recovery_used_at is None
    recovered(world, codes[0])
    assert people.get(world.center, world.prosecutor.id).recovery_used_at is not None
    recovery_codes.acknowledge(world.center, world.prosecutor)
    assert people.get(world.center, world.prosecutor.id).recovery_used_at is None


def test_a_link_and_a_code_make_no_codes(world: World) -> None:
    with pytest.raises(Forbidden):
        codes_of(world, with_link(world, world.court))
    codes = codes_of(world, with_passkey(world, world.prosecutor))
    with pytest.raises(Forbidden):
        codes_of(world, recovered(world, codes[0]))


def test_a_code_of_somebody_with_a_passkey_makes_a_passkey_and_no_password(world: World) -> None:
    codes = codes_of(world, with_passkey(world, world.prosecutor))
    session = recovered(world, codes[0])
    assert passkey_sign_in.proof_to_enrol(world.center, session) is Proof.RECOVERY
    with pytest.raises(PasskeyNeeded):
        passwords.may_set(world.center, session)


def test_a_code_of_somebody_with_a_password_makes_a_password_and_no_passkey(world: World) -> None:
    """Else a password that was seen would become, over ten codes, a key that signs."""
    codes = codes_of(world, with_password(world, world.prosecutor))
    session = recovered(world, codes[0])
    with pytest.raises(LinkNeeded):
        passkey_sign_in.proof_to_enrol(world.center, session)
    before = passwords.number_of(world.center, world.prosecutor.id)
    secret = totp.new_secret()
    sealed = totp.seal(world.keyholder, world.prosecutor.id, secret)
    phone = Phone(secret)
    assert passwords.set_password(world.center, session, PASSWORD[::-1], sealed, phone.code()) == before


def test_codes_that_a_password_made_are_void_once_there_is_a_passkey(world: World) -> None:
    """Else whoever saw the password, or set one over a link, would keep codes that make a passkey."""
    with_it = with_password(world, world.prosecutor)
    codes = codes_of(world, with_it)
    over_code = recovered(world, codes[0])
    link = with_link(world, world.prosecutor)
    enrolled(world, world.prosecutor)
    with pytest.raises(LinkNeeded):  # the passkey counts already, and the password is not over yet
        passkey_sign_in.proof_to_enrol(world.center, over_code)
    key = credentials.of_person(world.center, world.prosecutor.id)[0].key
    passkey_sign_in.begin_with_new(world.center, link, key)
    with pytest.raises(NotSignedIn):
        recovery_codes.redeem(world.center, codes[1])
    left = {one.token_digest for one in sign_in_methods.sessions(world.center, world.prosecutor.id)}
    assert not left & {with_it.token_digest, over_code.token_digest}
    with pytest.raises(Forbidden):  # its last request, that was on its way
        codes_of(world, with_it)


def test_a_passkey_made_with_a_code_leaves_the_codes(world: World) -> None:
    first = with_passkey(world, world.prosecutor)
    codes = codes_of(world, first)
    before = {one.key for one in credentials.of_person(world.center, world.prosecutor.id)}
    enrolled(world, world.prosecutor)
    [made] = {one.key for one in credentials.of_person(world.center, world.prosecutor.id)} - before
    passkey_sign_in.begin_with_new(world.center, recovered(world, codes[0]), made)
    assert recovery_codes.codes_left(world.center, world.prosecutor.id) == 9


def test_a_session_of_a_code_is_short(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = codes_of(world, with_passkey(world, world.prosecutor))
    _, token = recovery_codes.redeem(world.center, codes[0])
    late = now() + people.RECOVERY_LIFETIME
    monkeypatch.setattr(people, "now", lambda: late)
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, token)


def test_who_leaves_has_no_codes(world: World) -> None:
    codes = codes_of(world, with_passkey(world, world.court))
    people.retire(world.center, world.administrator, world.court.id)
    with pytest.raises(NotSignedIn):
        recovery_codes.redeem(world.center, codes[0])


# --- sessions ---------------------------------------------------------------------------------------------


def test_people_see_and_end_their_own_sessions_and_nobody_elses(world: World) -> None:
    mine, other, theirs = (
        with_link(world, person) for person in (world.prosecutor, world.prosecutor, world.court)
    )
    listed = [one.token_digest for one in sign_in_methods.sessions(world.center, world.prosecutor.id)]
    assert set(listed) == {mine.token_digest, other.token_digest}
    sign_in_methods.end_session(world.center, mine, theirs.token_digest)
    assert len(sign_in_methods.sessions(world.center, world.court.id)) == 1
    sign_in_methods.end_session(world.center, mine, other.token_digest)
    assert [one.token_digest for one in sign_in_methods.sessions(world.center, world.prosecutor.id)] == [
        mine.token_digest
    ]


def test_all_others_end_and_this_one_goes_on(world: World) -> None:
    mine, _, _ = (with_link(world, world.prosecutor) for _ in range(3))
    theirs = with_link(world, world.court)
    sign_in_methods.end_others(world.center, mine)
    left = [sign_in_methods.sessions(world.center, one.person_id) for one in (mine, theirs)]
    assert [[one.token_digest for one in some] for some in left] == [
        [mine.token_digest],
        [theirs.token_digest],
    ]


def test_where_a_session_began_is_forgotten_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [
        people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))[1]
        for _ in range(3)
    ]
    for token in tokens:
        people.began_at(world.center, token, HERS, "Firefox, Windows")
    session = people.signed_in(world.center, tokens[0])
    assert (session.address, session.browser) == (HERS, "Firefox, Windows")
    people.sign_out(world.center, tokens[0])
    sign_in_methods.end_session(world.center, session, people.signed_in(world.center, tokens[1]).token_digest)
    later = now() + people.SESSION_LIFETIME
    monkeypatch.setattr(people, "now", lambda: later)
    people.began_at(world.center, "another", HERS, "?")
    assert HERS.encode() not in world.database.stored()


def test_when_a_session_was_last_used_is_noted_to_the_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(people, "now", lambda: moment)
    session = with_link(world, world.prosecutor)
    noted = []
    for seconds in (0, 30, 61):
        moment = session.began_at + timedelta(seconds=seconds)
        [row] = sign_in_methods.sessions(world.center, world.prosecutor.id)
        people.note_use(world.center, row)
        [row] = sign_in_methods.sessions(world.center, world.prosecutor.id)
        assert row.seen_at is not None
        noted.append((row.seen_at - session.began_at).total_seconds())
    assert noted == [0, 0, 61]


# --- passkeys ---------------------------------------------------------------------------------------------


def test_a_passkeys_name_is_its_persons_and_sealed(world: World) -> None:
    session = with_passkey(world, world.prosecutor)
    held = credentials.of_person(world.center, world.prosecutor.id)
    assert sign_in_methods.labels(world.center, held) == {}
    sign_in_methods.name_passkey(world.center, session, held[0].key, "  هاتفي  الجديد ")
    held = credentials.of_person(world.center, world.prosecutor.id)
    assert sign_in_methods.labels(world.center, held) == {held[0].key: "هاتفي الجديد"}
    assert "هاتفي".encode() not in world.database.stored()
    with pytest.raises(Refused):
        sign_in_methods.name_passkey(world.center, session, held[0].key, "x" * 61)
    with pytest.raises(Missing):
        sign_in_methods.name_passkey(world.center, with_link(world, world.court), held[0].key, "mine")


def test_the_last_use_of_a_passkey_is_known(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    held = credentials.of_person(world.center, world.prosecutor.id)
    assert sign_in_methods.last_used(world.center, held) == {}
    signs_in(world, device)
    assert list(sign_in_methods.last_used(world.center, held)) == [held[0].key]


def test_a_passkey_revoked_by_its_person_ends_their_other_sessions_by_a_statement(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    session = people.signed_in(world.center, token := signs_in(world, device)[1])
    other = people.signed_in(world.center, signs_in(world, device)[1])
    [lost] = credentials.of_person(world.center, world.prosecutor.id)
    revoke = partial(sign_in_methods.revoke_passkey, world.center)
    with pytest.raises(Missing):
        revoke(with_passkey(world, world.court), lost.key, state=state())
    with pytest.raises(LastPasskey):
        revoke(session, lost.key, state=state())
    kept = passkey(world, world.prosecutor, 7, proof="recovery")
    waiting = asked(partial(revoke, session, lost.key), session=token)
    assert waiting.credentials == [handle(kept)]  # the key does not sign its own revocation
    assert lost.key in {one.key for one in credentials.of_person(world.center, world.prosecutor.id)}
    completed(world.center, world.prosecutor, waiting, kept, session=token)
    signed = SignedStatement.parse(world.center.ledger.entry(world.center.ledger.size - 1))
    said = signed.statement
    assert (said.type, said.actor.id, dict(said.body)) == (
        "credential.revoked",
        world.prosecutor.id,
        {"key": lost.key, "proof": "key", "reason": "lost"},
    )
    assert kept.id in {one.key for one in signed.signatures}
    assert [one.key for one in credentials.of_person(world.center, world.prosecutor.id)] == [kept.id]
    left = [one.token_digest for one in sign_in_methods.sessions(world.center, world.prosecutor.id)]
    assert left == [session.token_digest] != [other.token_digest]


def test_a_link_and_a_password_revoke_no_passkey(world: World) -> None:
    """Else whoever has one could clear the way for a key of their own, and it would look like hers."""
    with_it = with_password(world, world.prosecutor)
    enrolled(world, world.prosecutor)
    key = credentials.of_person(world.center, world.prosecutor.id)[0].key
    for session in (with_link(world, world.prosecutor), with_it):
        with pytest.raises(PasskeyNeeded):
            sign_in_methods.revoke_passkey(world.center, session, key, state=state())


def test_a_session_that_nobody_uses_ends_and_stays_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    began = now()

    def after(minutes: int) -> None:
        monkeypatch.setattr(people, "now", lambda: began + timedelta(minutes=minutes))

    for minutes in (29, 58, 87):
        after(minutes)
        people.note_use(world.center, people.signed_in(world.center, token))
    late = people.signed_in(world.center, token)
    after(118)
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, token)
    people.note_use(world.center, late)  # a stream of its that ends only now
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, token)
    assert sign_in_methods.sessions(world.center, world.prosecutor.id) == []


# --- everything lost --------------------------------------------------------------------------------------


def test_when_everything_is_lost_an_administrator_ends_all_of_it_on_the_record(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    session = people.signed_in(world.center, signs_in(world, device)[1])
    codes = codes_of(world, session)
    link = people.new_link(world.center, None, world.prosecutor.id)
    with pytest.raises(Forbidden):
        sign_in_methods.revoke_all(world.center, world.court, world.prosecutor.id)
    with pytest.raises(Missing):
        sign_in_methods.revoke_all(world.center, world.administrator, "00" * 16)
    sign_in_methods.revoke_all(world.center, world.administrator, world.prosecutor.id)
    said = SignedStatement.parse(world.center.ledger.entry(world.center.ledger.size - 1)).statement
    assert (said.type, said.actor.id) == ("credential.revoked", world.administrator.id)
    assert sign_in_methods.sessions(world.center, world.prosecutor.id) == []
    for opens in (
        lambda: signs_in(world, device),
        lambda: recovery_codes.redeem(world.center, codes[0]),
        lambda: people.redeem(world.center, link),
    ):
        with pytest.raises(NotSignedIn):
            opens()
    passkey_sign_in.proof_to_enrol(world.center, with_link(world, world.prosecutor))


def test_a_lost_password_ends_too(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    sign_in_methods.revoke_all(world.center, world.administrator, world.prosecutor.id)
    with pytest.raises(NotSignedIn):
        passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)


def test_an_invitation_is_good_for_three_days_and_every_other_link_for_a_quarter_of_an_hour(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = people.new_link(world.center, world.administrator, world.prosecutor.id)
    terminal = people.new_link(world.center, None, world.prosecutor.id)
    enrolled(world, world.court)
    again = people.new_link(world.center, world.administrator, world.court.id)
    late = now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr(people, "now", lambda: late)
    for over in (terminal, again):
        with pytest.raises(NotSignedIn):
            people.redeem(world.center, over)
    assert people.redeem(world.center, invited)[0].id == world.prosecutor.id
