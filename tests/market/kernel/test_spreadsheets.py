"""What a spreadsheet makes of a cell that a stranger wrote."""

import pytest

from market.kernel import spreadsheets


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "@SUM(A1)",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "-1\n=1+1",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＋1+A1",
        "-",
        "--1",
        " =1+1",
        "　＠A1",
    ],
)
def test_a_cell_that_would_run_is_told_to_be_text(cell: str) -> None:
    assert spreadsheets.harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1", "+1.5", "-.5", "-1,234.50", "-1e-5", "-3%", "1+1", "太原", "", "1-2", "a=b"])
def test_a_number_stays_one_and_so_does_text(cell: str) -> None:
    assert spreadsheets.harmless(cell) == cell
