"""Number, password and code: what is taken, once, and how guessing is slowed without locking anybody out."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from casework.clock import now
from casework.database.models import FailedAttempts, Password, PasswordUse, Person, SignedIn, SignInMethod
from casework.errors import LinkNeeded, NotSignedIn, PasskeyNeeded, Refused, Slowed, WeakPassword, WrongCode
from casework.people import credentials, passkey_sign_in, passwords, people, sign_in_throttle, totp
from casework.people.client_network import network
from casework.people.sign_in_throttle import FREE, FREE_OF_A_NETWORK, KNOWN_FOR, LONGEST
from tests.support.centers.casework_world import World
from tests.unit.casework.people.test_passkeys import enrolled

pytestmark = pytest.mark.usefixtures("quick_hashes")

PASSWORD = "seven words that nobody else would put together"
PRESENT = 0
"""The half minute in which a test plays."""
HERS, THEIRS = "192.0.2.1", "198.51.100.7"


class Phone:
    """An app that knows a secret, with a clock of its own."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.steps = 0

    def code(self) -> str:
        """A code that has not been sent yet: the next one's, where this half minute's was."""
        self.steps += 1
        return totp.code_at(self.secret, PRESENT + self.steps - 2)


@pytest.fixture
def production_hashes() -> None:
    """For the test of what hashes cost."""


@pytest.fixture(autouse=True)
def half_a_minute_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a code is sometimes over before it is looked at."""
    moment = now()
    monkeypatch.setitem(globals(), "PRESENT", int(moment.timestamp() // totp.STEP))
    monkeypatch.setattr(passwords, "now", lambda: moment)


def given(world: World, person: Person) -> tuple[str, Phone]:
    """A person with a password: the number, and their phone (whose first code is used up)."""
    _, token = people.redeem(world.center, people.new_link(world.center, None, person.id))
    secret = totp.new_secret()
    sealed = totp.seal(world.keyholder, person.id, secret)
    phone = Phone(secret)
    session = people.signed_in(world.center, token)
    return passwords.set_password(world.center, session, PASSWORD, sealed, phone.code()), phone


def test_number_password_and_code_begin_a_session_that_is_marked(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    person, token, _ = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    assert person.id == world.prosecutor.id
    began = people.signed_in(world.center, token)
    assert (began.person.id, began.method) == (world.prosecutor.id, SignInMethod.PASSWORD)


def test_digits_of_any_script_are_digits_and_passwords_are_the_same_in_any_spelling(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    code = phone.code()
    spaced = f"{code[:3]} {code[3:]}".translate(arabic)
    password = PASSWORD.replace("seven", "ｓｅｖｅｎ")
    person, _, _ = passwords.sign_in(world.center, number.translate(arabic), password, spaced, address=HERS)
    assert person.id == world.prosecutor.id


def test_a_code_is_taken_once_even_the_one_that_set_the_app_up(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    first = totp.code_at(phone.secret, PRESENT - 1)
    second = phone.code()
    passwords.sign_in(world.center, number, PASSWORD, second, address=HERS)
    for used in (first, second):
        with pytest.raises(NotSignedIn):
            passwords.sign_in(world.center, number, PASSWORD, used, address=HERS)


def test_codes_of_the_half_minutes_beside_are_taken_and_no_others() -> None:
    secret, moment = totp.new_secret(), 1_800_000_000.0
    present = int(moment // totp.STEP)
    taken = [totp.step_of(secret, totp.code_at(secret, present + away), moment) for away in (-2, -1, 0, 1, 2)]
    assert taken == [None, present - 1, present, present + 1, None]


def test_codes_are_those_of_the_specification() -> None:
    """RFC 6238, appendix B, its last six digits."""
    secret = b"12345678901234567890"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.code_at(secret, seconds // 30) == code
        assert totp.step_of(secret, code, seconds) == seconds // 30


@pytest.mark.parametrize("wrong", ["number", "password", "code"])
def test_whatever_is_wrong_the_answer_is_the_same(world: World, wrong: str) -> None:
    number, phone = given(world, world.prosecutor)
    tried = {"number": number, "password": PASSWORD, "code": phone.code()}
    tried[wrong] = {"number": "000000", "password": "another " * 3, "code": "000000"}[wrong]
    with pytest.raises(NotSignedIn, match="do not belong together"):
        passwords.sign_in(world.center, address=HERS, **tried)


def test_a_number_that_nobody_has_costs_the_same_work(world: World, production_hashes: None) -> None:
    number, _ = given(world, world.prosecutor)
    with world.center.database() as session:
        assert session.get_one(Password, world.prosecutor.id).hash.startswith(
            "$argon2id$v=19$m=65536,t=3,p=4$"
        )

    def took(tried: str) -> float:
        begun = time.process_time()
        with pytest.raises(NotSignedIn):
            passwords.sign_in(world.center, tried, "another password", "000000", address=HERS)
        return time.process_time() - begun

    took("000001")  # the first one makes what the others are compared with
    somebodys, nobodys = min(took(number) for _ in range(2)), min(took("000001") for _ in range(2))
    assert 0.5 < somebodys / nobodys < 2.0


@pytest.mark.parametrize("password", ["short", "abababababababab", "x" * 201, " " * 20])
def test_a_weak_password_is_not_taken(world: World, password: str) -> None:
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    secret = totp.new_secret()
    sealed = totp.seal(world.keyholder, world.prosecutor.id, secret)
    session = people.signed_in(world.center, token)
    with pytest.raises(WeakPassword):
        passwords.set_password(world.center, session, password, sealed, Phone(secret).code())
    assert passwords.number_of(world.center, world.prosecutor.id) is None


def test_an_app_that_was_not_set_up_or_is_another_persons_gives_no_password(world: World) -> None:
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    session = people.signed_in(world.center, token)
    secret = totp.new_secret()
    sealed = totp.seal(world.keyholder, world.prosecutor.id, secret)
    with pytest.raises(WrongCode):
        passwords.set_password(world.center, session, PASSWORD, sealed, "000000")
    others = totp.seal(world.keyholder, world.court.id, secret)
    with pytest.raises(Refused):
        passwords.set_password(world.center, session, PASSWORD, others, Phone(secret).code())


def test_who_has_a_passkey_gets_no_password_and_who_makes_one_loses_it(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    with_link = people.signed_in(world.center, token)
    enrolled(world, world.prosecutor)
    with pytest.raises(PasskeyNeeded):
        passwords.may_set(world.center, with_link)
    key = credentials.of_person(world.center, world.prosecutor.id)[0].key
    passkey_sign_in.begin_with_new(world.center, with_link, key)
    with pytest.raises(NotSignedIn):
        passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)


def test_a_password_makes_neither_a_passkey_nor_another_password(world: World) -> None:
    """Else a password that was seen would become a key that signs."""
    number, phone = given(world, world.prosecutor)
    _, token, _ = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    session = people.signed_in(world.center, token)
    for may in (passkey_sign_in.proof_to_enrol, passwords.may_set):
        with pytest.raises(LinkNeeded):
            may(world.center, session)


def test_a_session_that_neither_link_nor_code_began_sets_no_password(world: World) -> None:
    """One that a passkey began, which was revoked since: its cookie would become a password."""
    with world.center.database.begin() as session:
        token = people.begin_session(session, world.prosecutor.id, SignInMethod.PASSKEY)
    with pytest.raises(LinkNeeded):
        passwords.may_set(world.center, people.signed_in(world.center, token))


def test_a_session_sets_one_password(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has its cookie replaces nothing that the person has set; another link does."""
    monkeypatch.setattr(passwords, "now", now)

    def opened() -> SignedIn:
        _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
        return people.signed_in(world.center, token)

    def chosen(session: SignedIn, password: str) -> str:
        secret = totp.new_secret()
        sealed = totp.seal(world.keyholder, world.prosecutor.id, secret)
        code = totp.code_at(secret, int(now().timestamp() // totp.STEP))
        return passwords.set_password(world.center, session, password, sealed, code)

    first = opened()
    assert passwords.number_shown(world.center, first) is None
    number = chosen(first, PASSWORD)
    assert passwords.number_shown(world.center, first) == number
    with pytest.raises(LinkNeeded):
        chosen(first, "words of somebody who has the cookie")
    assert chosen(opened(), "other words, since these were forgotten") == number


def test_who_leaves_has_no_password(world: World) -> None:
    number, phone = given(world, world.court)
    people.retire(world.center, world.administrator, world.court.id)
    with pytest.raises(NotSignedIn):
        passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)


def test_neither_password_nor_secret_is_in_the_database(world: World) -> None:
    _, phone = given(world, world.prosecutor)
    stored = world.database.stored()
    assert world.prosecutor.id.encode() in stored
    spelled = totp.spelled(phone.secret).replace(" ", "").encode()
    assert not any(one in stored for one in (PASSWORD.encode(), phone.secret, spelled))


def test_what_a_rebuild_forgot_does_not_keep_anybody_out(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    with world.center.database.begin() as session:
        session.query(PasswordUse).delete()
    assert passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)


# --- guessing ---------------------------------------------------------------------------------------------


def guess(world: World, account: str, address: str = THEIRS, browser: str = "") -> timedelta | None:
    """How long the next attempt has to wait; None: this one was looked at, and was wrong."""
    try:
        sign_in_throttle.begin(world.center, account, address, browser)
    except Slowed as slowed:
        return slowed.wait
    return None


def test_after_some_that_are_free_each_failure_doubles_the_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(sign_in_throttle, "now", lambda: moment)
    assert [guess(world, "123456") for _ in range(FREE + 1)] == [None] * (FREE + 1)
    waits = []
    for _ in range(12):
        wait = guess(world, "123456")
        assert wait is not None
        waits.append(wait)
        moment += wait
        assert guess(world, "123456") is None
    assert waits[:4] == [timedelta(seconds=2**n) for n in (1, 2, 3, 4)]
    assert waits[-1] == LONGEST
    moment += sign_in_throttle.FORGOTTEN + timedelta(seconds=1)
    assert [guess(world, "123456") for _ in range(FREE)] == [None] * FREE


def test_one_network_guessing_at_many_numbers_is_slowed_too_and_others_are_not(world: World) -> None:
    tried = [guess(world, f"{number:06}", f"2001:db8::{number:x}") for number in range(FREE_OF_A_NETWORK + 2)]
    assert tried[: FREE_OF_A_NETWORK + 1] == [None] * (FREE_OF_A_NETWORK + 1)
    assert tried[-1] is not None
    assert guess(world, "777777", HERS) is None


def test_guesses_of_others_do_not_lock_a_person_out_of_a_browser_that_is_known(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    _, _, browser = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    while guess(world, number) is None:
        pass
    assert guess(world, number, HERS) is not None  # a browser that nobody knows has to wait
    guess(world, "999999", HERS, browser)  # its token is for her number alone
    with world.center.database() as session:
        assert session.get(FailedAttempts, "account:999999") is not None
    _, token, _ = passwords.sign_in(
        world.center, number, PASSWORD, phone.code(), address=THEIRS, browser=browser
    )
    assert people.signed_in(world.center, token).failed_before > FREE


def test_a_browser_that_is_known_does_not_guess_for_ever_either(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    _, _, browser = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    tried = [guess(world, number, HERS, browser) for _ in range(FREE + 2)]
    assert tried[-1] is not None


def test_failures_are_told_once_to_the_person(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    for _ in range(3):
        guess(world, number)
    told = []
    for _ in range(2):
        _, token, _ = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
        told.append(people.signed_in(world.center, token).failed_before)
    assert told == [3, 0]


def test_guesses_from_everywhere_do_not_fill_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, phone = given(world, world.prosecutor)
    assert guess(world, number) is None
    monkeypatch.setattr(sign_in_throttle, "MOST", 10)
    for tried in range(30):
        assert guess(world, f"{tried:06}", f"2001:db8:{tried:x}::1") is None
    with world.center.database() as session:
        subjects = [row.subject for row in session.query(FailedAttempts).order_by(FailedAttempts.last_at)]
    told = [one for one in subjects if one.startswith("told:")]
    assert len(told) == 10 and len(subjects) == 20
    assert "account:000029" in subjects and "account:000000" not in subjects
    # What a person is to be told is not crowded out.
    _, token, _ = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    assert people.signed_in(world.center, token).failed_before == 1


def test_what_was_right_is_taken_off_the_counts(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    for _ in range(FREE):
        guess(world, number)
    passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    assert [guess(world, number) for _ in range(FREE)] == [None] * FREE


def test_one_right_password_forgives_its_network_one_failure(world: World) -> None:
    number, phone = given(world, world.prosecutor)
    for wrong in range(3):
        guess(world, f"{wrong:06}", HERS)
    passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    with world.center.database() as session:
        counted = session.get(FailedAttempts, f"network:{network(HERS)}")
        assert counted is not None and counted.failures == 3


def test_a_browser_is_known_for_half_a_year(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number, phone = given(world, world.prosecutor)
    _, _, browser = passwords.sign_in(world.center, number, PASSWORD, phone.code(), address=HERS)
    began = now()
    for later, known in ((KNOWN_FOR - timedelta(minutes=1), True), (KNOWN_FOR + timedelta(minutes=1), False)):
        monkeypatch.setattr(sign_in_throttle, "now", lambda later=later: began + later)
        attempt = sign_in_throttle.begin(world.center, number, HERS, browser)
        assert attempt.subjects[0].startswith("browser:") is known


def test_counts_say_nothing_about_which_numbers_exist(world: World) -> None:
    number, _ = given(world, world.prosecutor)
    for tried in (number, "000000"):
        with pytest.raises(NotSignedIn):
            passwords.sign_in(world.center, tried, "another password", "000000", address=HERS)
    with world.center.database() as session:
        counted = {row.subject: row.failures for row in session.query(FailedAttempts)}
    assert counted[f"account:{number}"] == counted["account:000000"] == 1
    assert counted[f"told:{number}"] == counted["told:000000"] == 1


@pytest.mark.parametrize("exists", [True, False])
def test_the_first_attempt_after_a_start_is_the_same_work_for_every_number(
    world: World, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    number = given(world, world.prosecutor)[0] if exists else "000000"
    passwords._placeholder.cache_clear()
    work: list[str] = []
    hashed, verified = passwords._hashed, passwords._verified
    monkeypatch.setattr(passwords, "_hashed", lambda text: work.append("hash") or hashed(text))
    monkeypatch.setattr(
        passwords, "_verified", lambda digest, text: work.append("verify") or verified(digest, text)
    )
    with pytest.raises(NotSignedIn):
        passwords.sign_in(world.center, number, "another password", "000000", address=HERS)
    assert work == ["hash", "verify"]


def test_numbers_are_six_digits_and_nobodys_twice(world: World) -> None:
    numbers = {given(world, person)[0] for person in (world.prosecutor, world.court)}
    assert len(numbers) == 2
    assert all(len(number) == 6 and number.isascii() and number.isdecimal() for number in numbers)
    with world.center.database() as session:
        assert session.query(Password).count() == 2
