"""Tables and texts as people read them, in a pipe and on a terminal."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from rich.console import Console

from operations.cli.printing import age, emit, exact, fields, grouped, note, safe, shown, table, times

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def drawn(capsys: pytest.CaptureFixture[str], draw: object) -> str:
    emit(None, draw, as_json=False)  # type: ignore[arg-type]
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (date(2026, 11, 3), "2026-11-03"),
        (datetime(2026, 11, 3, 14, 0, 0, 999, timezone(timedelta(hours=2))), "2026-11-03 12:00:00Z"),
        ("text", "text"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (7_200, "2 h"),
        (200_000, "2 d"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, text: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


def test_what_never_was_has_no_age() -> None:
    assert age(None, NOW) == "-"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("999", "999"),
        ("10500", "10,500"),
        ("12630.50", "12,630.50"),
        ("-1234567.05", "-1,234,567.05"),
        ("-0.05", "-0.05"),
    ],
)
def test_an_amount_has_its_thousands_apart_and_every_digit(amount: str, text: str) -> None:
    assert grouped(amount) == text


def test_counts_are_words_where_words_are_shorter() -> None:
    assert (times(1), times(2), times(1_000)) == ("once", "2 times", "1,000 times")


def test_control_characters_cannot_steer_the_terminal() -> None:
    assert safe("a\x1b[2J\r\x00\x9b\u202eb\n\tc") == "a\\x1b[2J\\x0d\\x00\\x9b\\u202eb\n\tc"
    assert safe("Zoë 𝄞") == "Zoë 𝄞"


def test_a_table_in_a_pipe_is_plain_and_at_most_a_hundred_wide(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("x" * 300, 1, "[bold]"), ("short", None, "c")]
    out = drawn(capsys, lambda to: table(to, ["Long", "Number>", "Markup"], rows, "Title"))
    assert max(map(len, out.splitlines())) <= 100
    assert "[bold]" in out
    assert "\x1b" not in out
    assert out.splitlines()[1] == "Title"


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert drawn(capsys, lambda to: table(to, ["A"], [])) == "  none\n"


def test_fields_that_are_not_there_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(capsys, lambda to: fields(to, [("One", 1), ("None", None), ("Long", "x " * 100)]))
    assert out.startswith("One   1\nLong  x")
    assert "None" not in out


def test_a_note_is_indented_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(capsys, lambda to: note(to, "word " * 60))
    assert {line[:2] for line in out.splitlines()} == {"  "}


def test_exact_text_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    text = "x" * 500 + " [red] " + "y" * 500
    assert drawn(capsys, lambda to: exact(to, text)) == text + "\n"


def test_json_has_stable_names_and_two_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"amount": "10500", "on": date(2026, 11, 3), "none": None}, print, as_json=True)
    out = capsys.readouterr().out
    assert msgspec.json.decode(out) == {"amount": "10500", "on": "2026-11-03", "none": None}
    assert out.splitlines()[1].startswith('  "amount"')


def test_on_a_terminal_a_table_has_a_line_below_its_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(force_terminal=True, width=80, color_system=None)
    with terminal.capture() as captured:
        table(terminal, ["A", "B>"], [("x", 1)])
    assert "─" in captured.get()
