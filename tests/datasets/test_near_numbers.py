"""Numbers that Python does not read: read where they can mean one thing only, else named."""

from __future__ import annotations

import pytest

from ctre.datasets import FileFormat, read_file
from ctre.errors import InvalidDataError


def column(written, *cells, mark="\t", other="0.5", **told):
    """Read a column beside one of plain numbers."""
    rows = [f"{cell}{mark}{other}{mark}{'xz'[n % 2]}" for n, cell in enumerate(cells)]
    path = written("\n".join([mark.join("aby"), *rows]) + "\n")
    return read_file(path, file_format=FileFormat(**told)).X_train[:, 0].tolist()


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["\u22120.5", "\u2212 2"], [-0.5, -2]),
        (["–0.5", "-2"], [-0.5, -2]),
        (["1,125.5", "12"], [1125.5, 12]),
        (["1,125", "1,535"], [1125, 1535]),  # the other column has decimal points
        (["1,250,000", "-1,500"], [1250000, -1500]),
        (["1'250", "2'500.5"], [1250, 2500.5]),
        (["1\u00a0250", "2\u202f500.5"], [1250, 2500.5]),
        (["5%", "7.5 %"], [0.05, 0.075]),
        (["$5", "-$7.5"], [5, -7.5]),
        (["5 €", "7.5 €"], [5, 7.5]),
        (["1.5D+01", "-2.5d-3"], [15, -0.0025]),
        (["0x1F", "0xa"], [31, 10]),
        (["0x1.8p3", "-0x1p-2"], [12, -0.25]),
        (["TRUE", "FALSE"], [1, 0]),
        (["true", "False"], [1, 0]),
        (["T", "F"], [1, 0]),
        (["Yes", "NO"], [1, 0]),
        (["y", "n"], [1, 0]),
        (["1e5", ".5", "5.", "+3"], [1e5, 0.5, 5, 3]),
    ],
)
def test_what_means_one_number_is_read(written, cells, values):
    assert column(written, *cells) == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0,126", "-1,265"], [0.126, -1.265]),
        (["1,125", "1,535"], [1.125, 1.535]),  # beside semicolons
        (["1.234,5", "12"], [1234.5, 12]),
        (["1.234", "2.500"], [1234, 2500]),  # the other column has decimal commas
        (["1 234,5", "7"], [1234.5, 7]),
        (["€ 1,5", "€ 2"], [1.5, 2]),
    ],
)
def test_decimal_commas_beside_semicolons(written, cells, values):
    assert column(written, *cells, mark=";", other="0,5") == pytest.approx(values, rel=1e-12)


def test_points_beside_semicolons_stay_points(written):
    assert column(written, "1.5", "2.125", mark=";") == [1.5, 2.125]
    assert column(written, "1,125", "2,250", mark=";") == [1125, 2250]


@pytest.mark.parametrize(("decimal", "values"), [(",", [1.125, 1.5]), (".", [1125, 1500])])
def test_a_comma_that_may_be_either_is_asked_for(written, decimal, values):
    cells = ('"1,125"', '"1,500"')
    with pytest.raises(InvalidDataError, match=r"'1,125' may have a decimal comma.*decimal=','"):
        column(written, *cells, mark=",", other="7")
    assert column(written, *cells, mark=",", other="7", decimal=decimal) == values


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["0,5", "0.5"], "'0,5' has a comma where the other numbers .* have a decimal point"),
        (["5%", "7"], "'5%' and '7' are numbers written differently"),
        (["$5", "€7"], "are numbers written differently"),
        (["5 kg", "7 kg"], r"has text, such as '5 kg' in row 1 \(line 2\): 'kg' disturbs"),
        (["1_000", "5"], r"row 1 \(line 2\), column 1 'a': '1_000' is not a number: '_' disturbs"),
        (["1/2", "5"], "'1/2' is not a number: '/' disturbs"),
        (["12:30", "13:45"], "'12:30'.*':' disturbs"),
        (["2024-01-01", "2024-01-02"], "column 1 'a' has dates, such as '2024-01-01'"),
        (["31/12/2024", "01/01/2025"], "has dates"),
        (["2024-01-01T10:00:00Z", "2024-01-02 11:30"], "has dates"),
        (["Adelie", "Gentoo"], "column 1 'a' has text, such as 'Adelie'"),
        (["-", "5"], "'-' is not a number.*missing='-'"),
    ],
)
def test_what_disturbs_is_named(written, cells, words):
    with pytest.raises(InvalidDataError, match=words):
        column(written, *cells)


def test_a_mark_for_no_value_can_be_told(written):
    told = {"missing": ("-", "-999")}
    with pytest.raises(InvalidDataError, match="the value is missing"):
        column(written, "-", "5", **told)
    with pytest.raises(InvalidDataError, match="the value is missing"):
        column(written, "-999", "5", **told)
    with pytest.raises(InvalidDataError, match=r"'\?' is not a number"):
        column(written, "?", "5", **told)


def test_all_problems_of_a_file_are_in_one_message(written):
    """Ten are shown, and how many there are."""
    names = [f"c{place}" for place in range(14)]
    rows = [",".join([*("red" for _ in names), str(label)]) for label in (0, 1)]
    path = written("\n".join([",".join([*names, "y"]), *rows]) + "\n")
    with pytest.raises(InvalidDataError) as raised:
        read_file(path)
    message = str(raised.value)
    assert "has 14 problems:" in message
    assert message.count("has text") == 10
    assert "… and 4 more" in message
    assert message.count("Encode text as numbers") == 1


def test_problems_of_all_kinds_are_in_one_message(written):
    path = written("a,b,b,c,y\n1,red,2,,0\n3,blue,4,5,1\n6,7\n8,red,9,1,\n")
    with pytest.raises(InvalidDataError) as raised:
        read_file(path)
    message = " ".join(str(raised.value).split())
    for words in (
        "has 5 problems",
        "columns 2 and 3 are both called 'b'",
        "row 3 (line 4) must have 5 fields, as the first row has, got 2",
        "column 5 'y': the label is missing ('')",
        "column 2 'b' has text, such as 'red'",
        "row 1 (line 2), column 4 'c': the value is missing",
    ):
        assert words in message


def test_a_column_that_is_text_only_at_its_end(written):
    """Planted mistake: cells that were read as numbers before are lost as labels or text."""
    rows = "".join(f"{place % 7},{place % 2}\n" for place in range(40))
    path = written(f"a,y\n{rows}red,1\n")
    with pytest.raises(InvalidDataError, match=r"row 41 \(line 42\), column 1 'a': 'red'"):
        read_file(path)


def test_late_text_is_recovered_from_blocks_before(written, monkeypatch):
    monkeypatch.setattr("ctre.datasets.table._BLOCK_CELLS", 8)
    rows = "".join(f"0{place},{place / 2},{place % 2}\n" for place in range(9))
    with pytest.raises(InvalidDataError, match=r"row 10 \(line 11\), column 1 'a': '5 kg'"):
        read_file(written(f"a,b,y\n{rows}5 kg,7,1\n"))
    dataset = read_file(written(f"a,b,y\n{rows}\u22125,7,1\n"))
    assert dataset.X_train[:, 0].tolist() == [*range(9), -5]


@pytest.mark.parametrize(
    ("values", "is_exact"),
    [
        (["0", "255"], True),
        (["0.5", "3"], True),
        (["0.1", "3"], False),
        (["1700000001", "3"], False),
        (["16777217", "3"], False),
    ],
)
def test_values_that_float32_would_round_are_kept_in_float64(written, values, is_exact):
    X = read_file(written(f"a,y\n{values[0]},0\n{values[1]},1\n")).X_train
    assert X.dtype == ("f4" if is_exact else "f8")
    assert X[:, 0].tolist() == [float(value) for value in values]
