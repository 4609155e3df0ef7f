"""Undo Unix ``compress``: what a file called ``.Z`` needs, and Python's library lacks."""

from __future__ import annotations

from ctre.errors import DatasetError

_MAGIC = b"\x1f\x9d"
_CLEAR = 256  # the code that empties the table


def uncompress(data: bytes) -> bytes:
    """Decode the bytes of a ``.Z`` file (LZW with codes of 9 to 16 bits).

    Codes come in groups of eight that share a width; when the width changes, the rest of the
    group is padding. Time is O(length of the result), some seconds for 50 MB.

    Raises
    ------
    DatasetError
        If these are not the bytes of a whole ``.Z`` file.
    """
    if data[:2] != _MAGIC or len(data) < 3:
        raise DatasetError("A .Z file must begin with 1f 9d; this one does not.")
    most_bits, has_clear = data[2] & 0x1F, bool(data[2] & 0x80)
    if not 9 <= most_bits <= 16:
        raise DatasetError(f"A .Z file has codes of 9 to 16 bits, this one of {most_bits}.")

    singles = [bytes([byte]) for byte in range(256)] + ([b""] if has_clear else [])
    table = singles.copy()
    pieces: list[bytes] = []
    previous = b""
    width, start = 9, 3
    while start < len(data):
        group = int.from_bytes(data[start : start + width], "little")
        n_codes = 8 * min(width, len(data) - start) // width
        start += width
        for _ in range(n_codes):
            code, group = group & ((1 << width) - 1), group >> width
            if has_clear and code == _CLEAR:
                table, previous, width = singles.copy(), b"", 9
                break
            if code < len(table):
                entry = table[code]
            elif code == len(table) and previous:
                entry = previous + previous[:1]
            else:
                raise DatasetError("The .Z file is damaged: it uses a code it has not defined.")
            pieces.append(entry)
            if previous and len(table) < 1 << most_bits:
                table.append(previous + entry[:1])
            previous = entry
            if len(table) >= 1 << width and width < most_bits:
                width += 1
                break
    return b"".join(pieces)
