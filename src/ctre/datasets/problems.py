"""Everything that is wrong with a file, in one message."""

from __future__ import annotations

from dataclasses import dataclass, field

from ctre.errors import InvalidDataError

_MOST_SHOWN = 10


@dataclass
class Problems:
    """Gathers what is wrong with a file, and says it at once.

    Parameters
    ----------
    where : str
        What the file is called.
    """

    where: str
    count: int = 0
    _shown: list[str] = field(default_factory=list)
    _ways_out: dict[str, None] = field(default_factory=dict)

    def add(self, problem: str, way_out: str = "") -> None:
        """Note one problem, a sentence without its full stop, and what can be done about it."""
        self.count += 1
        if len(self._shown) < _MOST_SHOWN:
            self._shown.append(problem)
            if way_out:
                self._ways_out[way_out] = None

    def raise_if_any(self) -> None:
        """Say them all, the first ten of many.

        Raises
        ------
        InvalidDataError
            If there is one.
        """
        if self.count:
            raise InvalidDataError(self._message())

    def _message(self) -> str:
        ways_out = "".join(f" {way_out}" for way_out in self._ways_out)
        if self.count == 1:
            return f"{self.where}, {self._shown[0]}.{ways_out}"
        lines = [f"{self.where} has {self.count} problems:"]
        lines += [f"  {problem}" for problem in self._shown]
        if self.count > len(self._shown):
            lines.append(f"  … and {self.count - len(self._shown)} more")
        return "\n".join(lines) + (f"\n{ways_out.strip()}" if ways_out else "")
