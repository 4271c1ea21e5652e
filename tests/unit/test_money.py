"""Money is exact: what is split sums up, what is written reads back, what is unclear is refused (R17)."""

from fractions import Fraction
from math import floor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writeoff import money
from writeoff.errors import AmountMalformed, CurrencyUnknown
from writeoff.money import Share

NO_NUMBERS = ["", " 1", "1 ", "1\n", "+1", "1,000", "1.", ".5", "1e3", "--1", "٣", "1_000", "NaN", "Infinity"]
BY_DIGITS = {"RWF": 0, "KES": 2, "TND": 3, "CLF": 4}
currencies = st.sampled_from(sorted(BY_DIGITS))
minors = st.integers(min_value=-money.MAX_MINOR, max_value=money.MAX_MINOR)
amounts = st.integers(min_value=0, max_value=money.MAX_MINOR)
#: Few codes and small weights, so that ties are common.
shares = st.lists(
    st.builds(
        Share,
        weight=st.one_of(st.integers(1, 6), st.integers(1, money.MAX_MINOR)),
        code=st.sampled_from(["", "A", "B", "a", "É"]),
        ft_id=st.sampled_from(["", "FT-1", "FT-10", "FT-2"]),
    ),
    min_size=1,
    max_size=12,
)


def slow_split(amount: int, receivers: list[Share]) -> list[int]:
    """The largest-remainder rule, read again from the text of R17, one unit at a time."""
    whole = sum(share.weight for share in receivers)
    exact = [Fraction(amount) * Fraction(share.weight, whole) for share in receivers]
    parts = [floor(piece) for piece in exact]
    waiting = list(range(len(receivers)))
    while sum(parts) < amount:
        best = waiting[0]
        for candidate in waiting[1:]:
            if _goes_first(candidate, best, exact, receivers):
                best = candidate
        parts[best] += 1
        waiting.remove(best)
    return parts


def _goes_first(left: int, right: int, exact: list[Fraction], receivers: list[Share]) -> bool:
    left_rest, right_rest = exact[left] - floor(exact[left]), exact[right] - floor(exact[right])
    if left_rest != right_rest:
        return left_rest > right_rest
    if exact[left] != exact[right]:
        return exact[left] > exact[right]
    if receivers[left].code != receivers[right].code:
        return receivers[left].code < receivers[right].code
    return receivers[left].ft_id < receivers[right].ft_id


@given(amounts, shares)
def test_a_split_sums_to_the_amount_exactly(amount: int, receivers: list[Share]) -> None:
    assert sum(money.split(amount, receivers)) == amount


@given(amounts, shares)
def test_a_split_agrees_with_a_slow_reading_of_the_rule(amount: int, receivers: list[Share]) -> None:
    assert money.split(amount, receivers) == slow_split(amount, receivers)


@given(amounts, shares)
def test_a_part_is_less_than_one_unit_from_its_exact_share(amount: int, receivers: list[Share]) -> None:
    whole = sum(share.weight for share in receivers)
    for part, share in zip(money.split(amount, receivers), receivers, strict=True):
        assert abs(part - Fraction(amount * share.weight, whole)) < 1


@given(shares)
def test_a_split_of_the_whole_gives_each_its_weight(receivers: list[Share]) -> None:
    weights = [share.weight for share in receivers]
    assert money.split(sum(weights), receivers) == weights


@given(amounts, shares, st.randoms())
def test_the_order_of_the_receivers_does_not_matter(
    amount: int, receivers: list[Share], random: Random
) -> None:
    shuffled = random.sample(receivers, len(receivers))
    parts = zip(receivers, money.split(amount, receivers), strict=True)
    again = zip(shuffled, money.split(amount, shuffled), strict=True)

    def by_share(pair: tuple[Share, int]) -> tuple[object, ...]:
        return pair[0].weight, pair[0].code, pair[0].ft_id, pair[1]

    assert sorted(parts, key=by_share) == sorted(again, key=by_share)


@pytest.mark.parametrize(
    ("amount", "receivers", "parts"),
    [
        # 2,000 recovered on 9,500 + 800 + 200: the contract's recovery journal.
        (2000, [Share(weight=9500), Share(weight=800), Share(weight=200)], [1810, 152, 38]),
        # Remainders 1/2 and 1/2: the larger piece.
        (5, [Share(weight=1), Share(weight=9)], [0, 5]),
        (1, [Share(weight=1), Share(weight=1, code="A")], [1, 0]),
        (1, [Share(weight=1, code="B"), Share(weight=1, code="A")], [0, 1]),
        (1, [Share(weight=1, code="A", ft_id="FT-2"), Share(weight=1, code="A", ft_id="FT-10")], [0, 1]),
        # Code points: capitals before small letters, whatever a locale says.
        (1, [Share(weight=1, code="a"), Share(weight=1, code="B")], [0, 1]),
        (0, [Share(weight=3), Share(weight=4)], [0, 0]),
    ],
)
def test_ties_go_to_the_larger_piece_then_the_code_then_the_transaction(
    amount: int, receivers: list[Share], parts: list[int]
) -> None:
    assert money.split(amount, receivers) == parts


@pytest.mark.parametrize(
    ("amount", "weights"), [(-1, [1]), (1, []), (1, [0]), (1, [0, 0]), (1, [2, -1]), (0, [])]
)
def test_a_split_without_a_rule_is_refused(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="a split needs"):
        money.split(amount, [Share(weight=weight) for weight in weights])


@given(minors, currencies)
def test_what_is_rendered_reads_back(minor: int, currency: str) -> None:
    assert money.parse(money.render(minor, currency), currency) == minor


@given(minors, currencies)
def test_rendered_amounts_have_exactly_the_currencys_digits(minor: int, currency: str) -> None:
    fraction = money.render(minor, currency).partition(".")[2]
    assert len(fraction) == BY_DIGITS[currency]


@given(minors, currencies)
def test_displayed_amounts_say_the_same_as_rendered_ones(minor: int, currency: str) -> None:
    code, _, number = money.display(minor, currency).partition(" ")
    assert code == currency
    assert number.replace(",", "") == money.render(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "text", "displayed"),
    [
        (10500, "RWF", "10500", "RWF 10,500"),
        (-10500, "RWF", "-10500", "RWF -10,500"),
        (0, "RWF", "0", "RWF 0"),
        (0, "KES", "0.00", "KES 0.00"),
        (-5, "KES", "-0.05", "KES -0.05"),
        (-99_999, "KES", "-999.99", "KES -999.99"),
        (-123_456_789, "KES", "-1234567.89", "KES -1,234,567.89"),
        (1, "TND", "0.001", "TND 0.001"),
        (123_456, "CLF", "12.3456", "CLF 12.3456"),
    ],
)
def test_amounts_are_written_for_machines_and_for_people(
    minor: int, currency: str, text: str, displayed: str
) -> None:
    assert money.render(minor, currency) == text
    assert money.display(minor, currency) == displayed


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12", "KES", 1200),
        ("12.5", "KES", 1250),
        ("0.001", "TND", 1),
        ("-3.07", "KES", -307),
        ("-0", "RWF", 0),
    ],
)
def test_fewer_digits_than_the_currencys_are_taken(text: str, currency: str, minor: int) -> None:
    assert money.parse(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "problem"),
    [
        ("10.5", "RWF", "RWF has 0 decimal digits, not 1"),
        ("1.001", "KES", "KES has 2 decimal digits, not 3"),
        ("1.00000", "CLF", "write it as a plain decimal number"),
        ("9000000000001", "RWF", "more than the 9000000000000 that is taken"),
        ("90000000000.01", "CLF", "more than the 900000000.0000 that is taken"),
        *((text, "KES", "write it as a plain decimal number") for text in NO_NUMBERS),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str, problem: str) -> None:
    with pytest.raises(AmountMalformed) as refused:
        money.parse(text, currency)
    assert problem in refused.value.problem
    assert refused.value.text == text


@given(st.text(max_size=20), currencies)
def test_text_is_either_an_amount_or_refused(text: str, currency: str) -> None:
    try:
        minor = money.parse(text, currency)
    except AmountMalformed:
        return
    assert abs(minor) <= money.MAX_MINOR


@pytest.mark.parametrize("currency", ["", "rwf", "XXX", "XAU", "HRK", "RW", "RWFF"])
def test_a_currency_that_is_not_in_use_is_refused(currency: str) -> None:
    with pytest.raises(CurrencyUnknown, match="is not an active ISO 4217 code"):
        money.digits(currency)
