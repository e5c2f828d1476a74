"""verify.html as a court meets it: opened from the disk, a package chosen, one large answer."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chain_of_custody.encoding.passphrase import in_words, normalise
from tests.support.frames import frame_of
from tests.support.packages.court_desk import Open, Package, answered, check, enter, states
from tests.support.packages.made_testimony import PASSPHRASE, made_testimony

pytestmark = pytest.mark.browser

STEPS = 15


def test_a_sealed_testimony_is_found_intact_under_the_fingerprint_that_the_court_typed(
    open_page: Open, whole: Package
) -> None:
    page = open_page()
    answer = check(page, whole)
    expect(answer).to_have_attribute("data-answer", "intact")
    expect(page.locator("#answer-title")).to_have_text("Intact")
    expect(answer).to_be_focused()
    expect(answer).to_contain_text("The package comes from the center whose policy the court registered.")
    facts = re.sub("[\u2068\u2069]", "", page.locator("#answer-facts").inner_text())
    assert "court, 24 November 2026 21:54:20 UTC+2" in facts
    assert "24 November 2026 21:55:01 UTC+2, by first" in facts  # it says that it is accurate to a second
    assert states(page) == ["proved"] * STEPS
    expect(page.locator("#unproved")).to_contain_text("What happened before the camera")
    expect(page).to_have_title("Intact · Check of a testimony · Amana")


def test_the_courts_own_copy_of_the_policy_does_as_well(
    open_page: Open, plain: Package, tmp_path: Path
) -> None:
    page = open_page()
    kept = tmp_path / "registered.txt"
    kept.write_bytes(plain.policy)
    enter(page, plain, "file")
    page.click("#verify")
    expect(page.locator("#unfit")).to_contain_text("No policy file has been chosen yet.")
    page.set_input_files("#policy", kept)
    expect(page.locator("#policy-name")).to_have_text("registered.txt")
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")
    # Where the file lay before is not to be seen: so the answer does not say that it was registered.
    expect(page.locator("#answer-title")).to_have_text("Intact, under the policy file that was given")
    expect(page.locator("#answer")).not_to_contain_text("the court registered")
    expect(page.locator("#answer-todo")).to_contain_text("If it has, the court may rely on the testimony")
    expect(page.locator("#answer-facts")).to_contain_text("Policy, the same as in the file that was given")
    expect(page.locator("[data-step=policy]")).to_contain_text("It is the same as the file that was given")
    expect(page.locator("#unproved li").first).to_contain_text(
        "That the policy file that was given is the one"
    )


def test_the_packages_own_policy_is_not_taken_for_the_registered_one(
    open_page: Open, plain: Package, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(plain.folder, tmp_path / "testimony"))
    page = open_page()
    enter(page, Package(folder, plain.policy), "file")
    page.set_input_files("#policy", folder / "data" / "policy.txt")
    page.click("#verify")
    expect(page.locator("#unfit")).to_contain_text("This policy file came with the package.")
    expect(page.locator("#answer")).to_be_hidden()
    kept = tmp_path / "policy.txt"
    kept.write_bytes(plain.policy)  # the same content under the same name, written at another time
    page.set_input_files("#policy", kept)
    page.click("#verify")
    expect(page.locator("#answer-title")).to_have_text("Intact, under the policy file that was given")


def test_a_check_started_at_once_uses_the_policy_file_that_was_just_chosen(
    open_page: Open, plain: Package, whole: Package, tmp_path: Path
) -> None:
    for name, package in (("wrong.txt", whole), ("right.txt", plain)):
        (tmp_path / name).write_bytes(package.policy)
    page = open_page()
    enter(page, plain, "file")
    page.set_input_files("#policy", tmp_path / "wrong.txt")
    expect(page.locator("#policy-name")).to_have_text("wrong.txt")
    page.evaluate(
        "document.getElementById('policy').addEventListener("
        "'change', () => document.getElementById('form').requestSubmit())"
    )
    page.set_input_files("#policy", tmp_path / "right.txt")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_a_file_that_is_no_policy_is_told_before_anything_is_checked(
    open_page: Open, plain: Package, tmp_path: Path
) -> None:
    page = open_page()
    enter(page, plain, "file")
    for number, content in enumerate((PASSPHRASE.encode(), b"%PDF-1.7\n\xff\xfe\n", b"", bytes(70_000))):
        file = tmp_path / f"words-{number}.txt"
        file.write_bytes(content)
        page.set_input_files("#policy", file)
        expect(page.locator("#unfit")).to_contain_text("This file is no policy of a center.")
        expect(page.locator("#policy-name")).to_have_text("")
        page.click("#verify")
        expect(page.locator("#unfit")).to_contain_text("No policy file has been chosen yet.")
        expect(page.locator("#answer")).to_be_hidden()


def test_another_policy_than_the_registered_one_is_no_alteration_and_not_from_that_center(
    open_page: Open, plain: Package, whole: Package, tmp_path: Path
) -> None:
    other = tmp_path / "registered.txt"
    other.write_bytes(whole.policy)
    page = open_page()
    enter(page, plain, "file")
    page.set_input_files("#policy", other)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "foreign")
    expect(page.locator("#answer-title")).to_have_text("Not from the registered center")
    expect(page.locator("#films")).to_be_hidden()
    expect(page.locator("#answer-todo")).to_contain_text("Check that the right policy file was chosen.")
    expect(page.locator("#answer")).not_to_contain_text("typed")
    shown = page.locator("#answer-facts .digest").all_text_contents()
    assert shown == [whole.fingerprint, plain.fingerprint]


def test_another_policy_file_can_be_chosen_in_place_of_a_wrong_one(
    open_page: Open, plain: Package, whole: Package, tmp_path: Path
) -> None:
    for name, package in (("wrong.txt", whole), ("right.txt", plain)):
        (tmp_path / name).write_bytes(package.policy)
    page = open_page("ar")
    enter(page, plain, "file")
    page.set_input_files("#policy", tmp_path / "wrong.txt")
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "foreign")
    expect(page.locator("#correct")).to_have_text("اختيار ملف وثيقة ثقة آخر")
    with page.expect_file_chooser() as choosing:
        page.click("#correct")
    choosing.value.set_files(tmp_path / "right.txt")
    expect(page.locator("#policy-name")).to_have_text("right.txt")
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_a_slip_in_the_fingerprint_shows_where_it_is_and_can_be_corrected(
    open_page: Open, plain: Package
) -> None:
    wrong = ("1" if plain.fingerprint[9] != "1" else "2").join(
        (plain.fingerprint[:9], plain.fingerprint[10:])
    )
    page = open_page()
    enter(page, plain)
    page.fill("#fingerprint", wrong)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "foreign")
    expect(page.locator("#answer-text")).to_contain_text(
        "three fingerprints; the one of the policy is the first."
    )
    expect(page.locator("#answer-facts mark")).to_have_text([wrong[8:12], plain.fingerprint[8:12]])
    assert states(page)[2] == "not proved"
    page.click("#correct")
    expect(page.locator("#fingerprint")).to_be_focused()
    expect(page.locator("#fingerprint")).to_have_value(wrong)
    page.fill("#fingerprint", plain.fingerprint)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_an_altered_second_is_named_marked_and_not_shown(open_page: Open, altered: Package) -> None:
    page = open_page()
    answer = check(page, altered)
    expect(answer).to_have_attribute("data-answer", "altered")
    expect(page.locator("#answer-text")).to_contain_text("00:00:10 of part 1")
    expect(page.locator("#answer-text")).to_contain_text("20:15:13 UTC+2")
    expect(page.locator("#strip rect.failed")).to_have_count(1)
    assert states(page)[11:] == ["not proved", *["not reached"] * 3]
    page.locator("#happenings button").last.click()
    page.click("#play")
    expect(page.locator("#stage-note")).to_have_text("Altered at 00:00:10: not shown")
    shown = page.locator("#cameras video").first.evaluate(
        "video => video.buffered.end(video.buffered.length - 1)"
    )
    assert shown < 10.1
    expect(page.locator("#custody")).to_contain_text("Person A")  # steps 1 to 11 stand


def test_a_missing_statement_is_incomplete_and_nothing_is_shown(open_page: Open, incomplete: Package) -> None:
    page = open_page()
    answer = check(page, incomplete)
    expect(answer).to_have_attribute("data-answer", "incomplete")
    expect(page.locator("#answer-expert")).to_contain_text("data/statements/5.json")
    for part in ("#films", "#custody", "#happened", "#digests"):
        expect(page.locator(part)).to_be_hidden()
    assert states(page) == ["nothing to check", "not proved", *["not reached"] * 13]


def test_a_sealed_file_that_was_changed_on_the_way_is_altered(
    open_page: Open, whole: Package, tmp_path: Path
) -> None:
    assert whole.file is not None
    content = bytearray(whole.file.read_bytes())
    content[len(content) // 2] ^= 1
    file = tmp_path / "testimony.amana"
    file.write_bytes(content)
    page = open_page()
    expect(check(page, Package(whole.folder, whole.policy, file))).to_have_attribute("data-answer", "altered")
    file.write_bytes(whole.file.read_bytes()[:-100_000])
    page = open_page()
    answer = check(page, Package(whole.folder, whole.policy, file))
    assert answer.get_attribute("data-answer") in ("altered", "incomplete")
    expect(page.locator("#films")).to_be_hidden()


def test_what_witnesses_still_owe_is_not_called_an_alteration(open_page: Open, unwitnessed: Package) -> None:
    page = open_page()
    answer = check(page, unwitnessed)
    expect(answer).to_have_attribute("data-answer", "not-witnessed")
    expect(answer).to_contain_text("Witnesses who have confirmed it so far: \u2068court\u2069.")
    expect(answer).to_contain_text("Part 1: 0 timestamps so far, 1 asked for.")
    assert states(page)[-1] == "partly"
    expect(page.locator("#player")).to_be_visible()


def test_without_a_registered_policy_it_is_consistent_and_its_origin_unknown(
    open_page: Open, plain: Package
) -> None:
    page = open_page()
    answer = check(page, plain, "none")
    expect(answer).to_have_attribute("data-answer", "consistent")
    expect(page.locator("#answer-title")).to_have_text("The files agree, but who made them is not proved")
    assert states(page)[2] == "as stated"
    expect(page.locator("#unproved li").first).to_contain_text("Where the package comes from.")


def test_an_excerpt_is_called_one_and_its_bounds_are_said(open_page: Open, tmp_path: Path) -> None:
    office, folder = made_testimony(tmp_path / "testimony", cut=(2_500_000, 8_500_000))
    page = open_page()
    check(page, Package(folder, office.policy.data))
    expect(page.locator("#answer-title")).to_have_text("Intact excerpt")
    expect(page.locator("#film-kind")).to_have_text("Excerpt")
    expect(page.locator("#film-bounds")).to_contain_text("Only the part from 00:00:02 to 00:00:08")
    expect(page.locator("#position")).to_have_text("00:00:02")
    expect(page.locator("#strip rect").first).to_have_class("verified")
    page.locator("#seek").focus()
    page.keyboard.press("Home")
    expect(page.locator("#position")).to_have_text("00:00:02")
    expect(page.locator("#history")).to_contain_text("made a package of the part from 00:00:02 to 00:00:08.")


def test_wrong_words_are_said_and_nothing_else_is_lost(open_page: Open, whole: Package) -> None:
    page = open_page()
    enter(page, whole)
    page.fill("#passphrase", PASSPHRASE.replace("mango", "apple"))
    page.click("#verify")
    expect(page.locator("#unfit")).to_contain_text("These are not the words of this testimony.")
    expect(page.locator("#passphrase")).to_be_focused()
    expect(page.locator("#chosen-name")).to_have_text("testimony.amana")
    expect(page.locator("#fingerprint")).to_have_value(whole.fingerprint)
    page.fill("#passphrase", f"  {PASSPHRASE.upper().replace(' ', '-')}.\u00a0")
    expect(page.locator("#unfit")).to_be_hidden()
    page.locator("#passphrase").press("Enter")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_too_few_words_are_counted_before_they_are_called_wrong(open_page: Open, whole: Package) -> None:
    page = open_page()
    enter(page, whole)
    page.fill("#passphrase", " ".join(PASSPHRASE.split()[:4]))
    page.click("#verify")
    expect(page.locator("#unfit-what")).to_have_text(
        "4 of 9 words. These are not the words of this testimony."
    )


def test_a_slip_in_the_words_is_seen_while_they_are_typed(open_page: Open, whole: Package) -> None:
    page = open_page()
    page.set_input_files("#file", whole.file)
    count = page.locator("#words-count")
    page.fill("#passphrase", "absent mnago ")
    expect(count).to_have_text("“\u2068mnago\u2069” is none of the words in use. Perhaps: \u2068mango\u2069")
    page.fill("#passphrase", "absent mango qu")
    expect(count).to_have_text("3 of 9 words")
    page.fill("#passphrase", PASSPHRASE)
    expect(count).to_have_text("9 of 9 words")
    expect(page.locator("#task-words")).to_have_class(re.compile("done"))


def test_arabic_words_and_digits_are_typed_for_the_same_passphrase(open_page: Open, whole: Package) -> None:
    page = open_page()
    page.set_input_files("#file", whole.file)
    numbers = normalise(PASSPHRASE).decode()
    count = page.locator("#words-count")
    page.fill("#passphrase", "اباريق مكتبه مسنوى ")
    expect(count).to_have_text("“\u2068مسنوي\u2069” is none of the words in use. Perhaps: \u2068مستوى\u2069")
    page.fill("#passphrase", "0001 9999 ")
    expect(count).to_have_text("“\u20689999\u2069” is none of the words in use.")
    page.fill("#passphrase", numbers.translate({48 + digit: 0x660 + digit for digit in range(10)}))
    expect(count).to_have_text("9 of 9 words")
    page.fill("#passphrase", " ".join(in_words(numbers, "ar")))
    expect(count).to_have_text("9 of 9 words")
    page.fill("#fingerprint", whole.fingerprint)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


@pytest.mark.parametrize("zero", ["0", "\u0660", "\u06f0"])
def test_words_copied_with_their_numbers_are_taken(open_page: Open, whole: Package, zero: str) -> None:
    page = open_page()
    numbers = [chr(ord(zero) + n) for n in range(1, 10)]
    page.set_input_files("#file", whole.file)
    for style in ("{}){}", "({}) {}", "{} - {}", "{}. {}"):
        page.fill("#passphrase", "1. absent 2. m4ngo ")
        expect(page.locator("#words-count")).to_contain_text("\u2068m4ngo\u2069")
        page.fill("#passphrase", "\n".join(map(style.format, numbers, PASSPHRASE.split())))
        expect(page.locator("#words-count")).to_have_text("9 of 9 words")
    page.fill("#fingerprint", whole.fingerprint)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_a_copy_that_stopped_in_its_first_lines_is_incomplete(
    open_page: Open, whole: Package, tmp_path: Path
) -> None:
    assert whole.file is not None
    page = open_page()
    for kept in (0, 10, 60, 130, 200):
        short = tmp_path / f"testimony-{kept}.amana"
        short.write_bytes(whole.file.read_bytes()[:kept])
        answer = check(page, Package(whole.folder, whole.policy, short))
        expect(answer).to_have_attribute("data-answer", "incomplete")
        page.reload()


def test_a_fingerprint_may_be_typed_in_groups_in_capitals_and_with_arabic_digits(
    open_page: Open, plain: Package
) -> None:
    digits = {ord(str(n)): chr(0x660 + n) for n in range(10)}
    groups = [plain.fingerprint[at : at + 4] for at in range(0, 64, 4)]
    page = open_page("ar")
    enter(page, plain)
    page.fill("#fingerprint", "SHA-256: " + " - ".join(groups).upper().translate(digits))
    expect(page.locator("#fingerprint-count")).to_have_text("الرموز كلها وعددها 64")
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_what_is_missing_is_said_before_anything_is_checked(open_page: Open, plain: Package) -> None:
    page = open_page()
    unfit = page.locator("#unfit")
    page.click("#verify")
    expect(unfit).to_contain_text("Nothing has been chosen yet.")
    expect(unfit).to_be_focused()
    page.set_input_files("#folder", plain.folder)
    expect(page.locator("#words-not-needed")).to_be_visible()
    page.click("#verify")
    expect(unfit).to_contain_text("The fingerprint from the trust sheet is missing.")
    page.fill("#fingerprint", plain.fingerprint[:-3])
    expect(page.locator("#fingerprint-count")).to_have_text("3 characters still missing")
    page.click("#verify")
    expect(unfit).to_contain_text("The fingerprint is not complete.")
    page.fill("#fingerprint", plain.fingerprint[:-1] + "g")
    expect(page.locator("#fingerprint-count")).to_contain_text("is in no fingerprint")


def test_something_else_than_a_testimony_is_told_apart(
    open_page: Open, plain: Package, tmp_path: Path
) -> None:
    page = open_page()
    unfit = page.locator("#unfit")
    (tmp_path / "letter.amana").write_text("amana/package/v2\n")
    page.set_input_files("#file", tmp_path / "letter.amana")
    expect(unfit).to_contain_text("This file is not a sealed testimony.")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "note.txt").write_text("nothing here")
    page.set_input_files("#folder", tmp_path / "empty")
    expect(unfit).to_contain_text("There is no testimony in this folder.")
    for name in ("one", "two"):
        shutil.copytree(plain.folder, tmp_path / "many" / name)
    page.set_input_files("#folder", tmp_path / "many")
    expect(unfit).to_contain_text("There is more than one testimony in this folder.")


def test_whoever_chooses_the_whole_stick_means_the_package_on_it(
    open_page: Open, plain: Package, tmp_path: Path
) -> None:
    stick = tmp_path / "STICK"
    stick.mkdir()
    (stick / "READ-ME.txt").write_text("read me")
    shutil.copytree(plain.folder, stick / "testimony")
    page = open_page()
    enter(page, Package(stick, plain.policy))
    expect(page.locator("#chosen-name")).to_have_text("testimony")
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_package_can_be_dragged_onto_the_page(open_page: Open, whole: Package, what: str) -> None:
    page = open_page()
    target = frame_of(page.locator("#drop"))
    tools = page.context.new_cdp_session(page)
    path = whole.file if what == "file" else whole.folder
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for type_ in ("dragEnter", "dragOver", "drop"):
        place = {"type": type_, "x": target["x"] + 50, "y": target["y"] + 20, "data": data}
        tools.send("Input.dispatchDragEvent", place)
    expect(page.locator("#chosen-name")).to_have_text("testimony.amana" if what == "file" else "testimony")
    if what == "file":
        page.fill("#passphrase", PASSPHRASE)
    page.fill("#fingerprint", whole.fingerprint)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")
