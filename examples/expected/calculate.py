"""Works out the figures of `demo.toml` once more, from bills and rules: an abacus, no part of the product.

    python examples/expected/calculate.py

First every journal (R17 to R21), then the totals over all stories. Prints both, and what differs from the
file. Needs nothing but Python, and shares no line with the product or with the checker.
"""

import re
import sys
import tomllib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).with_name("demo.toml")

# What a bill's code is debited to when it is written off (R19), in the words of the three policies.
# `claim` stands for the relief-pending account, whose lines carry the years of the claim.
DEBITED = {
    "RW": {"REVENUE": "6150", "VAT": "2210", "CITY": "2220"},
    "KE": {
        "REVENUE": "119000",
        "SERVICE": "119000",
        "FEE": "119000",
        "VAT": "130800 claim",
        "COUNTY": "220300",
        "INSURANCE": "610500",
    },
    "TG": {"GOODS": "651100", "REVENUE": "651100", "VAT": "646800", "LEVY": "447800"},
}
RECEIVABLE = {"RW": "1200", "KE": "110100", "TG": "411100"}
FEES_RECEIVABLE = "110200"
PROVISION, PROVIDED = "1290", 3_000  # Rwanda
INVENTORY = {"RW": "1450", "KE": "140500", "TG": "311500"}
TERMINATION = {"RW": "6160", "KE": "610600", "TG": "658100"}
SMALL = {"RW": "6155", "KE": "610590", "TG": "651800"}
PLACES = {"RW": 0, "KE": 2, "TG": 0}

# The bills of `standard`, newest first: accounting date, and the amount of each code in minor units.
STANDARD = {
    "RW": [
        ("2026-06-01", {"REVENUE": 500}),
        ("2026-05-01", {"REVENUE": 9_000, "VAT": 800, "CITY": 200}),
    ],
    "KE": [
        ("2026-04-01", {"SERVICE": 500_00, "VAT": 80_00}),
        ("2026-03-01", {"REVENUE": 9_000_00, "VAT": 1_600_00, "COUNTY": 200_00, "INSURANCE": 1_000_00}),
    ],
    "TG": [
        ("2026-05-01", {"REVENUE": 1_000, "VAT": 180}),
        ("2026-04-01", {"GOODS": 15_000, "REVENUE": 5_000, "VAT": 3_600, "LEVY": 400}),
    ],
}
LIGHT = {
    "RW": [("2026-05-01", {"REVENUE": 2_000, "VAT": 360})],
    "KE": [("2026-05-01", {"REVENUE": 1_000_00, "VAT": 160_00})],
    "TG": [("2026-05-01", {"REVENUE": 3_000, "VAT": 540})],
}
# Kenya's fees are an agreement of their own, with their own receivable.
FEES = [("2026-06-01", {"FEE": 250_50})]

PAID = {"RW": 1_000, "KE": 380_00, "TG": 5_180}
GOODS = {"RW": 4_000, "KE": 5_000_00, "TG": 10_000}
CREDITED = {  # what a credit note takes back of the oldest bill: a quarter, in Kenya a tenth
    "RW": {"REVENUE": 2_250, "VAT": 200, "CITY": 50},
    "KE": {"REVENUE": 900_00, "VAT": 160_00, "COUNTY": 20_00, "INSURANCE": 100_00},
    "TG": {"GOODS": 3_750, "REVENUE": 1_250, "VAT": 900, "LEVY": 100},
}
SMALL_DEBT = {"RW": 80, "KE": 45_00, "TG": 450}
SMALL_CREDIT = {"RW": 60, "KE": 30_00, "TG": 300}

Bills = list[tuple[str, dict[str, int]]]


def shares(amount: int, weights: dict[str, int]) -> dict[str, int]:
    """Split by largest remainder (R17). No two remainders of the demonstration are equal."""
    whole = sum(weights.values())
    parts = {code: amount * weight // whole for code, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda code: amount * weights[code] % whole, reverse=True)
    for code in by_remainder[: amount - sum(parts.values())]:
        parts[code] += 1
    return parts


def debits(company: str, bills: Bills, amount: int) -> Counter[str]:
    """Take whole bills, newest first, and scale the last by what remains (R18)."""
    lines: Counter[str] = Counter()
    for day, codes in bills:
        taken = min(amount, sum(codes.values()))
        amount -= taken
        for code, part in shares(taken, codes).items():
            account = DEBITED[company][code]
            if account.endswith(" claim"):
                year, rest = int(day[:4]), day[4:]
                account = account.replace(" claim", f"|claimable {year + 3}{rest} to {year + 10}{rest}")
            lines[account] += part
    return lines


def owed(bills: Bills) -> int:
    return sum(sum(codes.values()) for _, codes in bills)


def journals(company: str) -> dict[str, list[str]]:
    """Work out every named journal of one company, as lines of the file."""
    standard, light = STANDARD[company], LIGHT[company]
    oldest, codes = standard[-1]
    after_note: Bills = [*standard[:-1], (oldest, dict(Counter(codes) - Counter(CREDITED[company])))]
    fees: Bills = FEES if company == "KE" else []
    fee_debits, fee = debits(company, fees, owed(fees)), owed(fees)
    whole, goods, receivable = owed(standard), GOODS[company], RECEIVABLE[company]

    def credited(amount: int, fee: int = fee) -> Counter[str]:
        return Counter({receivable: amount, FEES_RECEIVABLE: fee})

    def written(bills: Bills, amount: int) -> list[str]:
        return lines(company, debits(company, bills, amount) + fee_debits, credited(amount))

    inventory, loss = INVENTORY[company], TERMINATION[company]
    rest = debits(company, standard, whole - goods) + fee_debits + Counter({inventory: goods})
    small, credit = SMALL_DEBT[company], SMALL_CREDIT[company]
    worked_out = {
        "standard": written(standard, whole),
        "part-paid": written(standard, whole - PAID[company]),
        "credited": written(after_note, owed(after_note)),
        "goods-in-part": lines(company, rest, credited(whole)),
        "one-of-two": lines(company, debits(company, standard, whole), credited(whole, 0)),
        "light": lines(company, debits(company, light, owed(light)), credited(owed(light), 0)),
        "goods-for-all": lines(company, Counter({inventory: owed(light)}), credited(owed(light), 0)),
        "opt-out": lines(company, Counter({loss: whole + fee}), credited(whole)),
        "opt-out-goods": lines(
            company, Counter({inventory: goods, loss: whole + fee - goods}), credited(whole)
        ),
        "small-debt": lines(company, Counter({SMALL[company]: small}), Counter({receivable: small})),
        "small-credit": lines(company, Counter({receivable: credit}), Counter({SMALL[company]: credit})),
    }
    if company == "RW":  # what Pulse has provided for is debited before the expense
        provided = debits(company, standard, whole) + Counter({PROVISION: PROVIDED})
        provided["6150"] -= PROVIDED
        worked_out["provided-for"] = lines(company, provided, credited(whole))
    return worked_out


def lines(company: str, debit: Counter[str], credit: Counter[str]) -> list[str]:
    """Write sides as the file does, and see to it that they are equal."""
    if debit.total() != credit.total():
        raise ValueError(f"{company}: debits {debit.total()}, credits {credit.total()}")
    written = []
    for side, amounts in (("debit", debit), ("credit", credit)):
        for key, minor in amounts.items():
            account, _, claim = key.partition("|")
            amount = Decimal(minor).scaleb(-PLACES[company])
            written += [f"{side} {account} {amount} {claim}".strip()] if minor else []
    return sorted(written)


def totals(expected: dict) -> dict[str, dict]:
    """Add up all stories: accounts times entries, by message and by GL account."""
    messages: Counter[str] = Counter()
    ledger: dict[str, dict[str, list[Decimal]]] = defaultdict(dict)
    for story in expected["stories"]:
        entries = [entry for name in story.get("lives", []) for entry in expected["lives"][name]]
        for entry in entries + story.get("entries", []):
            named = re.search(r"\{([a-z-]+) lines\}", entry)
            for company, accounts in story["accounts"].items():
                messages[entry.split()[0]] += accounts
                if named is None or not accounts:
                    continue
                currency = expected["values"]["currency"][company]
                journal = story.get("with", {}).get(named[1], named[1])
                for line in expected["lines"][journal][company]:
                    side, account, amount = line.split()[:3]
                    sums = ledger[currency].setdefault(account, [Decimal(amount) * 0, Decimal(amount) * 0])
                    sums[side == "credit"] += accounts * Decimal(amount)
    for other in expected["others"]:
        messages.update(entry.split()[0] for entry in other["entries"])
    written = {
        currency: {account: [str(each) for each in sums] for account, sums in accounts.items()}
        for currency, accounts in ledger.items()
    }
    return {"messages": dict(messages), **written}


def main() -> int:
    expected = tomllib.loads(FILE.read_text())
    differences = []
    for company in ("RW", "KE", "TG"):
        for name, worked_out in journals(company).items():
            print(f"{company} {name}")
            print("".join(f"    {line}\n" for line in worked_out), end="")
            if worked_out != sorted(expected["lines"][name][company]):
                differences.append(f"lines.{name}.{company}")
    for table, sums in totals(expected).items():
        print(f"totals.{table}")
        for key, value in sorted(sums.items()):
            print(
                f"    {key:22}", *([value] if isinstance(value, int) else [f"{each:>14}" for each in value])
            )
        if sums != expected.get("totals", {}).get(table):
            differences.append(f"totals.{table}")
    print("differs from the file: " + ", ".join(differences) if differences else "all as in the file")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
