"""The debts of the portfolio: a dozen shapes, each in the codes and taxes of every company.

The same shape is written off by the same journal, so that a person can work each out once, by hand.
"""

from collections.abc import Mapping
from dataclasses import replace

from operations.demo.bills import Agreement, Transaction, bill, credit_note, paid

Debt = tuple[Agreement, ...]


def _without_tax(amount: str, sa_type: str, code: str = "REVENUE") -> Agreement:
    return Agreement(sa_type=sa_type, transactions=(_plain(amount, code),))


def _plain(amount: str, code: str = "REVENUE") -> Transaction:
    return Transaction(kind="bill", on="2026-05-15", codes={code: amount})


def _credit(amount: str, sa_type: str) -> Agreement:
    return Agreement(sa_type=sa_type, transactions=(paid("2026-05-20", amount),))


# Rwanda: a bill with two taxes and a late charge; 10,500 in all.
_RW_SYSTEM = Agreement(
    sa_type="solar-home-system",
    transactions=(
        bill("2026-05-01", REVENUE="9000", VAT_PAYABLE="800", CITY_TAX_PAYABLE="200"),
        Transaction(kind="adjustment", on="2026-06-01", codes={"REVENUE": "500"}),
    ),
    goods=True,
)
_RW: dict[str, Debt] = {
    "standard": (_RW_SYSTEM,),
    "light": (
        Agreement(
            sa_type="solar-home-system",
            transactions=(bill("2026-05-01", REVENUE="2000", VAT_PAYABLE="360"),),
            goods=True,
        ),
    ),
    "part-paid": (_RW_SYSTEM.plus(paid("2026-10-01", "1000")),),
    "credit-note": (
        _RW_SYSTEM.plus(
            credit_note("2026-07-01", 0, REVENUE="2250", VAT_PAYABLE="200", CITY_TAX_PAYABLE="50"),
            Transaction(kind="bill", on="2026-07-15", codes={"REVENUE": "3000"}, canceled=True),
        ),
    ),
    "provided-for": (replace(_RW_SYSTEM, charged_off=("3000", "1290")),),
    "two-agreements": (
        _RW_SYSTEM,
        Agreement(
            sa_type="appliance-loan",
            transactions=(bill("2026-04-15", REVENUE="3500", VAT_PAYABLE="630"),),
        ),
    ),
    "small": (_without_tax("80", "solar-home-system"),),
    "small-beside": (_RW_SYSTEM, _without_tax("80", "appliance-loan")),
    "small-credit-beside": (_RW_SYSTEM, _credit("60", "appliance-loan")),
    "large-credit-beside": (_RW_SYSTEM, _credit("2000", "appliance-loan")),
    "cleared": (_RW_SYSTEM.plus(paid("2026-10-01", "10500")),),
    "unexplained": (Agreement(sa_type="solar-home-system", transactions=(_plain("500"),), balance="10500"),),
}

# Kenya: taxes that may be claimed back per accounting date, insurance, fees on an agreement and a receivable
# of their own; 12,630.50 in all.
_KE_SYSTEM = Agreement(
    sa_type="solar-home-system",
    transactions=(
        bill(
            "2026-03-01",
            REVENUE="9000.00",
            VAT_PAYABLE="1600.00",
            COUNTY_LEVY_PAYABLE="200.00",
            INSURANCE_PAYABLE="1000.00",
        ),
        bill("2026-04-01", SERVICE_REVENUE="500.00", VAT_PAYABLE="80.00"),
    ),
    goods=True,
)
_KE_FEES = Agreement(
    sa_type="fees", transactions=(bill("2026-06-01", LATE_FEE="250.50"),), receivable="RECEIVABLE-FEES"
)
_KE: dict[str, Debt] = {
    "standard": (_KE_SYSTEM, _KE_FEES),
    "light": (
        Agreement(
            sa_type="solar-home-system",
            transactions=(bill("2026-05-01", REVENUE="1000.00", VAT_PAYABLE="160.00"),),
            goods=True,
        ),
    ),
    "part-paid": (_KE_SYSTEM.plus(paid("2026-10-01", "380.00")), _KE_FEES),
    "credit-note": (
        _KE_SYSTEM.plus(
            credit_note(
                "2026-07-01",
                0,
                REVENUE="900.00",
                VAT_PAYABLE="160.00",
                COUNTY_LEVY_PAYABLE="20.00",
                INSURANCE_PAYABLE="100.00",
            ),
            Transaction(kind="bill", on="2026-07-15", codes={"REVENUE": "3000.00"}, canceled=True),
        ),
        _KE_FEES,
    ),
    "small": (_without_tax("45.00", "solar-home-system"),),
    "small-beside": (_KE_SYSTEM, _KE_FEES, _without_tax("45.00", "smartphone-loan")),
    "small-credit-beside": (_KE_SYSTEM, _KE_FEES, _credit("30.00", "smartphone-loan")),
    "large-credit-beside": (_KE_SYSTEM, _KE_FEES, _credit("500.00", "smartphone-loan")),
    "cleared": (
        _KE_SYSTEM.plus(paid("2026-10-01", "12380.00")),
        _KE_FEES.plus(paid("2026-10-01", "250.50")),
    ),
    "unexplained": (
        Agreement(
            sa_type="smartphone-loan",
            transactions=(bill("2026-05-01", REVENUE="9000.00", PROMOTION_LEVY="90.00"),),
        ),
    ),
}
_KE["two-agreements"] = _KE["standard"]

# Togo: the tax is lost with the debt, the levy is not; 25,180 in all.
_TG_SYSTEM = Agreement(
    sa_type="solar-home-system",
    transactions=(
        bill(
            "2026-04-01",
            GOODS_REVENUE="15000",
            REVENUE="5000",
            VAT_PAYABLE="3600",
            ELECTRIFICATION_LEVY_PAYABLE="400",
        ),
        bill("2026-05-01", REVENUE="1000", VAT_PAYABLE="180"),
    ),
    goods=True,
)
_TG: dict[str, Debt] = {
    "standard": (_TG_SYSTEM,),
    "light": (
        Agreement(
            sa_type="solar-home-system",
            transactions=(bill("2026-05-01", REVENUE="3000", VAT_PAYABLE="540"),),
            goods=True,
        ),
    ),
    "part-paid": (_TG_SYSTEM.plus(paid("2026-10-01", "5180")),),
    "credit-note": (
        _TG_SYSTEM.plus(
            credit_note(
                "2026-07-01",
                0,
                GOODS_REVENUE="3750",
                REVENUE="1250",
                VAT_PAYABLE="900",
                ELECTRIFICATION_LEVY_PAYABLE="100",
            ),
            Transaction(kind="bill", on="2026-07-15", codes={"REVENUE": "3000"}, canceled=True),
        ),
    ),
    "two-agreements": (
        _TG_SYSTEM,
        Agreement(
            sa_type="solar-pump",
            transactions=(bill("2026-04-15", GOODS_REVENUE="10000", VAT_PAYABLE="1800"),),
        ),
    ),
    "small": (_without_tax("450", "solar-home-system"),),
    "small-beside": (_TG_SYSTEM, _without_tax("450", "solar-pump")),
    "small-credit-beside": (_TG_SYSTEM, _credit("300", "solar-pump")),
    "large-credit-beside": (_TG_SYSTEM, _credit("3000", "solar-pump")),
    "cleared": (_TG_SYSTEM.plus(paid("2026-10-01", "25180")),),
    "unexplained": (Agreement(sa_type="solar-home-system", transactions=(_plain("500"),), balance="25180"),),
}

#: By company and shape.
DEBTS: Mapping[str, Mapping[str, Debt]] = {"RW": _RW, "KE": _KE, "TG": _TG}
