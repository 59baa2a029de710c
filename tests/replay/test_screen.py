"""How the lines of an answer come into a terminal."""

from replay.screen import wrapped

SENTENCE = (
    "  parked: the key 7 is parked since noon: it failed; `./lezzet dlq redrive order_commands --key 7` sends it again"
)


def test_a_long_sentence_goes_on_below_itself_and_no_command_is_broken() -> None:
    lines = wrapped(SENTENCE, 60, "      ")
    assert len(lines) > 1 and all(len(line) <= 66 for line in lines)
    assert lines[0].startswith("  parked: ") and all(line.startswith("      ") for line in lines[1:])
    assert any("`./lezzet dlq redrive order_commands --key 7`" in line for line in lines)
    assert " ".join(line.strip() for line in lines) == SENTENCE.strip(), "nothing is left out"


def test_a_short_one_and_one_without_a_width_stay_as_they_are() -> None:
    assert wrapped(SENTENCE, None, " ") == [SENTENCE] == wrapped(SENTENCE, len(SENTENCE), " ")


def test_a_terminal_that_is_narrower_than_a_word_gets_the_word() -> None:
    assert "`./lezzet dlq redrive order_commands --key 7`" in "\n".join(wrapped(SENTENCE, 1, "      "))
