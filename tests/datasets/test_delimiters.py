"""From the bytes of a file to rows of cells."""

from __future__ import annotations

import gzip
import io

import pytest

from ctre.datasets import FileFormat, read_file
from ctre.datasets.source import Source
from ctre.datasets.table import read_table
from ctre.errors import CTREError, DatasetError, InvalidDataError, InvalidParameterError

NAMES_AND_ROWS = (("a", "b"), [[1.5, 2], [3, 4.25]], ["x", "z"])


def content(path, **told):
    dataset = read_file(path, file_format=FileFormat(**told))
    return dataset.feature_names, dataset.X_train.tolist(), dataset.y_train.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "a|b|y\n1.5|2|x\n3|4.25|z\n",
        "a b y\n1.5 2 x\n3 4.25 z\n",
        "  a   b    y\n 1.5   2   x  \n 3   4.25    z\n",
        "a b\ty\n1.5 2\tx\n3 \t4.25 z\n",
        'a, b, y\n1.5, "2", "x"\n3, "4.25", "z"\n',
        'a , b , y\n"1.5" , 2 , "x" \n3 , 4.25 , z\n',
        "a;b;y\n1,5;2;x\n3;4,25;z\n",
        "a,b,y,\n1.5,2,x,\n3,4.25,z,\n",
        "a,b,y\n1.5,2,x,\n3,4.25,z,\n",
        "sep=;\na;b;y\n1.5;2;x\n3;4.25;z\n",
        "# made, today, by, me, with; care\na,b,y\n1.5,2,x\n3,4.25,z\n",
        "% made\n// by\n\na,b,y\n1.5,2,x\n# half way\n3,4.25,z\n# end\n",
        "#a,b,y\n1.5,2,x\n3,4.25,z\n",
        "# a b y\n1.5 2 x\n3 4.25 z\n",
        "a,b,y\r1.5,2,x\r3,4.25,z\r",
        '\ufeff"a","b","y"\n1.5,2,x\n3,4.25,z\n',
        "a\tb\ty\n1.5\t2\tx\n3\t4.25\tz\n".encode("utf-16"),
        gzip.compress(b"a,b,y\n1.5,2,x\n3,4.25,z\n", mtime=0),
    ],
)
def test_what_divides_the_lines_is_found_out(written, text):
    assert content(written(text)) == NAMES_AND_ROWS


@pytest.mark.parametrize(
    "text",
    [
        '"a" "b" "y"\n"1" 1.5 2 "x"\n"2" 3 4.25 "z"\n',
        '"a","b","y"\n"1",1.5,2,"x"\n"2",3,4.25,"z"\n',
        "a\tb\ty\nr1\t1.5\t2\tx\nr2\t3\t4.25\tz\n",
    ],
)
def test_names_of_rows_are_left_out(written, text):
    with pytest.warns(UserWarning, match="names of rows, which are left out"):
        assert content(written(text)) == NAMES_AND_ROWS


def test_the_delimiter_is_judged_by_several_lines(written):
    """The first line alone has more commas."""
    text = 'a;b;"y, of what, and, why"\n1.5;2;x\n3;4.25;z\n'
    dataset = read_file(written(text), target=3)
    assert dataset.X_train.tolist() == NAMES_AND_ROWS[1]


@pytest.mark.parametrize("mark", ["^", ":", "~"])
def test_another_delimiter_is_asked_for(written, mark):
    path = written("a,b,y\n1.5,2,x\n3,4.25,z\n".replace(",", mark))
    with pytest.raises(InvalidDataError, match=r"line 1: the delimiter is not recognised in 'a"):
        content(path)
    assert content(path, delimiter=mark) == NAMES_AND_ROWS


@pytest.mark.parametrize("mark", ["", "::", "a", "7", '"', "\n"])
def test_what_is_no_delimiter_is_refused(mark):
    with pytest.raises(InvalidParameterError, match="delimiter must be one character"):
        FileFormat(delimiter=mark)


def test_lines_have_no_limit(written):
    """Planted mistake: probing reads a line of 15,000 names as one cell of another delimiter."""
    n = 15_000
    names = ",".join(f"gene_{place:06d}" for place in range(n))
    path = written(f"{names},label\n{'0,' * n}a\n{'1,' * n}b")
    dataset = read_file(path)
    assert dataset.X_train.shape == (2, n)
    assert dataset.feature_names[-1] == "gene_014999"
    assert dataset.y_train.tolist() == ["a", "b"]


@pytest.mark.parametrize("end", ["", "5,6,z\n" * 30_000])
def test_a_quote_that_is_never_closed_is_placed(written, end):
    """Planted mistake: the rest of the file becomes one label."""
    path = written(f'a,b,y\n1,2,w\n1,2,"x\n3,4,z\n{end}')
    with pytest.raises(InvalidDataError, match="the row that begins in line 3 cannot be taken"):
        read_file(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04" + b"\xff" * 99, "is a ZIP archive, as workbooks of Excel are"),
        (b"PAR1" + b"\0" * 99, "is a Parquet file"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"BZh9" + b"\xff" * 99, "is packed by bzip2"),
    ],
)
def test_what_is_no_text_is_named(written, data, words):
    with pytest.raises(DatasetError, match=words):
        read_file(written(data))


def test_a_nul_byte_is_placed(written):
    with pytest.raises(InvalidDataError, match=r"line 3: a NUL byte .*encoding='utf-16'"):
        read_file(written("a,b,label\n1,2,a\n1,\x003,b\n"))
    path = written("a,b,y\n1.5,2,x\n3,4.25,z\n".encode("utf-16-le"))
    with pytest.raises(InvalidDataError, match="line 1: a NUL byte"):
        read_file(path)
    assert content(path, encoding="utf-16-le") == NAMES_AND_ROWS


def test_an_encoding_is_told(written):
    path = written("a,y\n1,é\n2,b\n".encode("latin-1"))
    with pytest.raises(InvalidDataError, match=r"line 2 must be text in UTF-8.*encoding='latin-1'"):
        read_file(path)
    assert content(path, encoding="latin-1")[2] == ["é", "b"]
    with pytest.raises(InvalidDataError, match="must be text in ASCII"):
        content(path, encoding="ascii")


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "", "utf-8\0"])
def test_what_is_no_encoding_is_refused(name):
    with pytest.raises(InvalidParameterError, match="encoding must be one that Python knows"):
        FileFormat(encoding=name)


def test_a_file_that_unpacks_out_of_proportion_is_refused(written, monkeypatch):
    """Small files may be as empty as they like; what is not packed has no limit."""
    text = "a,y\n" + "0,0\n" * 50_000 + "1,1\n"
    packed = written(text, "a.csv.gz")
    assert len(read_file(packed).y_train) == 50_001
    monkeypatch.setattr("ctre.datasets.source._ALWAYS_UNPACKED", 1000)
    with pytest.raises(DatasetError, match=r"unpacks to over .*200 times.*unpack it first"):
        read_file(packed)
    assert len(read_file(written(text)).y_train) == 50_001


def test_an_open_file_is_read_to_its_end():
    dataset = read_file(
        io.BytesIO(gzip.compress(b"a,y\n1,x\n2,z\n")), file_format=FileFormat(name="csv")
    )
    assert (dataset.name, dataset.X_train.tolist()) == ("stdin", [[1], [2]])
    with pytest.raises(InvalidParameterError, match=r"standard input must be told .*format='csv'"):
        read_file(io.BytesIO(b"a,y\n1,x\n2,z\n"))


def test_any_bytes_are_a_table_or_an_error_of_ours(written):
    """No exception of a reader escapes."""
    whole = b'\xef\xbb\xbfa,b,y\n1,"2",x\n3,4,"z"\n'
    for place in range(len(whole)):
        for byte in (0, 10, 13, 34, 44, 195, 255):
            path = written(whole[:place] + bytes([byte]) + whole[place + 1 :])
            try:
                read_file(path)
            except CTREError:
                pass
            except UserWarning:  # rows' names are left out, for instance
                pass


def raw(path, **told):
    return read_table(Source(str(path), path), "y", need_labels=True, **told)


@pytest.mark.parametrize("header", ["'a','b','y'", "a,b,y"])
def test_single_quotes_are_found_out_and_kept(written, header):
    """Planted mistake: a delimiter between two divides, and a row has a cell too many."""
    rows = [f"'{n}.5','it''s {n}, and {n}','{n % 2}'" for n in range(20)]
    table = raw(written("\n".join([header, *rows]) + "\n"))
    assert table.file_format.quote == "'"
    assert [column.values[3] for column in table.columns] == [3.5, "it's 3, and 3"]
    assert table.labels.tolist() == ["0", "1"] * 10


@pytest.mark.parametrize(
    "cell", ["'tis", "'90s, they say", "it's", "d'accord", "rock 'n' roll, 'tis", "'"]
)
def test_apostrophes_are_no_quotes(written, cell):
    rows = [f'{n},"{cell}",{n % 2}' for n in range(20)]
    path = written("\n".join(["a,b,y", *rows]) + "\n")
    table = raw(path)
    assert table.file_format.quote == '"'
    assert set(table.columns[1].values) == {cell}


def test_the_quote_may_be_told(written):
    path = written("a,b,y\n" + "1,'x',0\n2,'z',1\n" * 10)
    assert set(raw(path).columns[1].values) == {"x", "z"}
    assert set(raw(path, told=FileFormat(quote='"')).columns[1].values) == {"'x'", "'z'"}
    with pytest.raises(InvalidParameterError, match="quote must be one of"):
        FileFormat(quote="`")
