"""Show shares to their holders, and read shares that holders type (`vault.sealing.slip39`)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from amana.commands.keys.bilingual_terminal import Terminal
from casework.translations import marked as _
from vault.sealing.slip39 import SHARES, WORDS, Share, ShareRefused, combine, complete, parse, written_words

CONFIRMED_WORDS = 4
"""Number of words that a holder types to confirm."""
_COLUMNS, _WIDTH = 3, 20

_REFUSED = {
    "word": _("Word {position}, “{word}”, is not on the list of words."),
    "count": _("A share has {words} words, and these are {position}. Nothing was kept; type it once more."),
    "checksum": _(
        "Every word is on the list, but they do not fit together: one word at least is another than on the "
        "sheet, or two have changed places. Compare each with the sheet, and type the share once more."
    ),
    "another-kind": _(
        "These words are a share of something else, not of this center. Look for another sheet."
    ),
    "same-share": _(
        "This is the same share again. Two different ones are needed: the sheet of another authority."
    ),
    "another-splitting": _(
        "These two shares are of two different ceremonies, and never open anything together. Compare the "
        "numbers on the sheets: both have to be the same."
    ),
    "digest": _("Each share is whole, but they do not belong together. One of the sheets was not made here."),
}


def show(terminal: Terminal, share: Share, holder: str) -> None:
    """Show a share to its holder and check that it was written down. It does not remain on the screen."""
    terminal.open_screen()
    try:
        terminal.say(
            _("Share {number} of {shares}, for: {holder}."), number=share.number, shares=SHARES, holder=holder
        )
        terminal.say(_("Only the holder of this share looks at the screen now. Everybody else turns away."))
        terminal.ask(_("The holder presses Enter to see the words."))
        while True:
            terminal.clear()
            _table(terminal, share, holder)
            terminal.ask(
                _("Write every word with its number on the sheet. Then press Enter: the words disappear.")
            )
            terminal.clear()
            if _typed_back(terminal, share):
                return
            terminal.ask(_("That is not what was shown. Press Enter to see the words again, and compare."))
    finally:
        terminal.close_screen()


def _table(terminal: Terminal, share: Share, holder: str) -> None:
    terminal.say(
        _("Share {number} of {shares} · {holder} · ceremony {splitting}"),
        number=share.number,
        shares=SHARES,
        holder=holder,
        splitting=share.splitting,
    )
    print()
    rows = -(-WORDS // _COLUMNS)
    for row in range(rows):
        cells = [f"{place + 1:2} {share.words[place]}" for place in range(row, WORDS, rows)]
        print("    " + "".join(cell.ljust(_WIDTH) for cell in cells).rstrip())
    print(flush=True)


def _typed_back(terminal: Terminal, share: Share) -> bool:
    terminal.say(
        _("To see that the sheet is right, type some words from it; four letters of each are enough.")
    )
    for position in sorted(random.SystemRandom().sample(range(1, WORDS + 1), CONFIRMED_WORDS)):
        typed = terminal.ask(_("Word {position}:"), position=position)
        try:
            if complete(typed, position) != share.words[position - 1]:
                return False
        except ShareRefused:
            return False
    return True


def read_two(terminal: Terminal) -> tuple[bytes, Sequence[Share]]:
    """Return the secret of two shares, as their holders type them, and the shares. Prompts again after each
    error, as long as there is input. Raises `EOFError`.
    """
    first = _read(terminal, _("The first share."))
    while True:
        second = _read(terminal, _("The second share, of another authority."))
        try:
            return combine(first, second), (first, second)
        except ShareRefused as refused:
            _print_refusal(terminal, refused)


def _read(terminal: Terminal, which: str) -> Share:
    while True:
        terminal.open_screen()
        try:
            terminal.say(which)
            terminal.say(
                _(
                    "Type its {words} words in order, in as many lines as you like; four letters of each "
                    "are enough."
                ),
                words=WORDS,
            )
            words = _words(terminal)
        finally:
            terminal.close_screen()
        try:
            share = parse(words)
        except ShareRefused as refused:
            _print_refusal(terminal, refused)
            continue
        terminal.say(
            _("Share {number} is whole; ceremony {splitting}."),
            number=share.number,
            splitting=share.splitting,
        )
        return share


def _words(terminal: Terminal) -> list[str]:
    words: list[str] = []
    while len(words) < WORDS:
        line = written_words(terminal.ask(_("From word {position}:"), position=len(words) + 1))
        if not line and words:
            break  # an empty line: the sheet has no more words
        for word in line:
            words.append(_word(terminal, word, len(words) + 1))
    return words


def _word(terminal: Terminal, word: str, position: int) -> str:
    while True:
        try:
            return complete(word, position)
        except ShareRefused as refused:
            _print_refusal(terminal, refused)
            again = written_words(terminal.ask(_("Word {position} once more:"), position=position))
            word = again[0] if again else ""


def _print_refusal(terminal: Terminal, refused: ShareRefused) -> None:
    values = {"position": refused.position, "word": refused.word, "words": WORDS}
    terminal.say(_REFUSED[refused.wrong], **values)
    if refused.meant:
        terminal.say(_("Is it “{meant}”?"), meant=refused.meant)
