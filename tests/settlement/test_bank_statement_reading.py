"""Statements as Chinese banks export them are read to the fen, or refused with row and column."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from market.kernel.errors import TooLarge
from settlement.errors import UnreadableStatement
from settlement.rails import bank
from settlement.rails.base import Order

TITLED = """账户明细查询结果
账号：,1401 2345 6789 0123 456,户名：,存管银行专户
起止日期：2026-11-01 至 2026-11-30,,,

交易日期,交易时间,交易流水号,借方发生额(元),贷方发生额(元),账户余额,对方户名,对方账号,摘要,附言
20261123,100500,A001,,"48,000.00","148,000.00",山西供方数据有限公司,="6222021234567890123",转账,TY000000004213 货款
20261123,113000,A002,"1,000.50",0.00,"146,999.50",	李四	,'6222000011112222,手续费,
2026-11-24,9:05:01,A003,-,"¥ 0.50",147000.00,（个人）王五,,转账,附言里有，逗号
合计,,,"1,000.50","48,000.50",,,,,
打印时间：2026-11-25
"""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_a_titled_export_is_read_in_each_encoding(encoding: str) -> None:
    sheet = bank.read_statement(TITLED.encode(encoding))

    assert sheet.account_number == "1401234567890123456"
    first, second, third = sheet.lines
    assert (first.row, first.is_incoming, first.amount_minor, first.balance_minor) == (6, True, 4_800_000, 14_800_000)
    assert (first.booked_on, first.booked_time, first.serial) == (date(2026, 11, 23), "10:05:00", "A001")
    assert (first.counterparty, first.account) == ("山西供方数据有限公司", "6222021234567890123")
    assert first.memo == "转账 TY000000004213 货款"
    assert (second.is_incoming, second.amount_minor, second.account) == (False, 100_050, "6222000011112222")
    assert second.counterparty == "李四"
    assert (third.amount_minor, third.booked_time, third.memo) == (50, "09:05:01", "转账 附言里有,逗号")


def test_gb18030_characters_outside_gbk_are_read() -> None:
    text = "交易日期,借方发生额,贷方发生额,对方户名,附言\n2026-11-23,,1.00,𠮷田㐂数据,€\n"

    sheet = bank.read_statement(text.encode("gb18030"))

    assert sheet.encoding == "gb18030"
    assert sheet.lines[0].counterparty == "𠮷田㐂数据"


@pytest.mark.parametrize(
    ("direction", "is_incoming"),
    [("贷", True), ("收入", True), ("C", True), ("借", False), ("支", False), ("付", False)],
)
def test_one_amount_with_a_direction_is_read(direction: str, is_incoming: bool) -> None:
    text = f"记账日期\t借贷标志\t发生额\t对方单位名称\t用途\n2026/11/3\t{direction}\t1,234.50\t某公司\t货款\n"

    (line,) = bank.read_statement(text.encode("gb18030")).lines

    assert (line.is_incoming, line.amount_minor, line.booked_on) == (is_incoming, 123_450, date(2026, 11, 3))
    assert line.balance_minor is None


def test_a_bank_that_writes_the_newest_first_is_turned_round() -> None:
    text = (
        "交易时间,借方发生额,贷方发生额,余额\n"
        "2026-11-24 09:00:00,,30.00,130.00\n2026-11-23 08:00:00,20.00,,100.00\n2026-11-23 07:00:00,,20.00,120.00\n"
    )

    sheet = bank.read_statement(text.encode())

    assert [line.row for line in sheet.lines] == [4, 3, 2]
    assert [line.balance_minor for line in sheet.lines] == [12_000, 10_000, 13_000]


def test_newest_first_within_one_day_is_found_by_the_balances() -> None:
    text = "交易日期,借方发生额,贷方发生额,余额\n2026-11-24,,30.00,130.00\n2026-11-24,20.00,,100.00\n"

    assert [line.row for line in bank.read_statement(text.encode()).lines] == [3, 2]


def test_a_negative_receipt_is_money_taken_back() -> None:
    text = "交易日期,借方发生额,贷方发生额,摘要\n2026-11-24,,-5.00,冲正\n"

    (line,) = bank.read_statement(text.encode()).lines

    assert (line.is_incoming, line.amount_minor) == (False, 500)


def test_a_carried_balance_is_no_movement_but_a_payment_with_such_a_word_is() -> None:
    text = "交易日期,借方发生额,贷方发生额,余额,摘要\n2026-11-24,,,100.00,承前页\n2026-11-24,,30.00,130.00,上期货款\n"

    assert [line.amount_minor for line in bank.read_statement(text.encode()).lines] == [3_000]


def test_the_same_row_twice_is_one_movement() -> None:
    row = "2026-11-24,S1,,30.00,130.00\n"

    sheet = bank.read_statement(("交易日期,交易流水号,借方发生额,贷方发生额,余额\n" + row + row).encode())

    assert (len(sheet.lines), sheet.repeated) == (1, 1)


HEAD = "交易日期,借方发生额,贷方发生额,余额,附言\n"


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        (HEAD + "2026-11-24,,12.345,,x\n", "row 2, 贷方发生额", "12.345"),
        (HEAD + "2026-11-24,1.00,2.00,,x\n", "row 2, 贷方发生额", "other side"),
        (HEAD + "2026-13-01,,2.00,,x\n", "row 2, 交易日期", "2026-13-01"),
        (HEAD.replace("日期", "时间") + "2026-11-24 25:61:00,,2.00,,x\n", "row 2, 交易时间", "25:61:00"),
        (HEAD + "2026-11-24,,99999999999999999999.00,,x\n", "row 2, 贷方发生额", "9999999"),
        (HEAD + "2026-11-24,,2.00,many,x\n", "row 2, 余额", "many"),
        (HEAD + "昨天,,2.00,,x\n", "row 2, 交易日期", "昨天"),
        (HEAD + "2026-11-24,,,,x\n", "row 2, 贷方发生额", "no amount"),
        (HEAD + "2026-11-24,,2.00,2.00,x\n2026-11-24,,3.00,6.00,y\n", "row 3, 余额", "¥5.00"),
        (HEAD + "2026-11-24,,2.00,2.00,x\n2026-11-24,,3.00,,y\n", "row 3, 余额", "no balance"),
        (HEAD + "合计,,2.00,,\n2026-11-24,,2.00,,x\n", "row 3", "below the closing rows"),
        (HEAD, "row 1", "no line"),
        ("日期,说明\n2026-11-24,x\n", "row 1", "names day, amount"),
        ("", "row 1", "names day, amount"),
        (HEAD + '2026-11-24,,2.00,,"x\n', "row 2", "CSV"),
        (HEAD + '2026-11-24,,2.00,,"x\n2026-11-24,,3.00,,y"\n', "row 2, 附言", "several lines"),
    ],
    ids=lambda value: value[-24:] if isinstance(value, str) else "",
)
def test_a_fault_names_row_and_column(text: str, field: str, reason: str) -> None:
    with translation.override("en"), pytest.raises(UnreadableStatement) as refusal:
        bank.read_statement(text.encode())

    (problem,) = refusal.value.fields
    assert problem["field"] == field
    assert reason in problem["reason"]


def test_up_to_twenty_faults_are_told_at_once() -> None:
    with pytest.raises(UnreadableStatement) as refusal:
        bank.read_statement((HEAD + "x,,1.00,,\n" * 30).encode())

    assert len(refusal.value.fields) == 20


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0old", b"\xff\xff\xff", b"a\x00b", "交易".encode("utf-16")]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableStatement):
        bank.read_statement(data)


def test_limits_are_settings(settings: Any) -> None:
    rows = HEAD + "2026-11-24,,1.00,,\n" * 60

    settings.STATEMENT_ROWS_MAX = 10
    with pytest.raises(TooLarge):
        bank.read_statement(rows.encode())
    settings.STATEMENT_BYTES_MAX = 100
    with pytest.raises(TooLarge):
        bank.read_statement(rows.encode())


def test_an_order_never_becomes_a_formula() -> None:
    order = Order("PO000000000195", "=HYPERLINK(1)", "6222021234567890123", "+行", "", 1_234_567, "CNY")

    text = bank.write_orders([order]).decode("utf-8-sig")

    assert text.splitlines()[1] == "'=HYPERLINK(1),6222021234567890123,'+行,,12345.67,CNY,PO000000000195"
