"""Unix ``compress``, to make .Z files for tests; `gzip -d` reads what it writes."""

from __future__ import annotations


def compress(data: bytes, *, most_bits: int = 16, clear_every: int | None = None) -> bytes:
    out = bytearray(b"\x1f\x9d") + bytes([0x80 | most_bits])
    group: list[int] = []
    width, free = 9, 257
    table = {bytes([byte]): byte for byte in range(256)}

    def flush(n_bytes: int) -> None:
        packed = sum(code << (width * place) for place, code in enumerate(group))
        out.extend(packed.to_bytes(n_bytes, "little"))
        group.clear()

    n_emitted = 0

    def emit(code: int) -> None:
        nonlocal width, n_emitted
        group.append(code)
        n_emitted += 1
        if len(group) == 8:
            flush(width)
        if free > (1 << width) - 1 and width < most_bits:
            if group:
                flush(width)
            width += 1

    word = b""
    for place in range(len(data)):
        longer = word + data[place : place + 1]
        if longer in table:
            word = longer
            continue
        emit(table[word])
        if free < 1 << most_bits:
            table[longer] = free
            free += 1
        word = longer[-1:]
        if clear_every and n_emitted % clear_every == 0:
            emit(256)
            if group:
                flush(width)
            table = {bytes([byte]): byte for byte in range(256)}
            width, free = 9, 257
    if word:
        emit(table[word])
    if group:
        flush((len(group) * width + 7) // 8)
    return bytes(out)
