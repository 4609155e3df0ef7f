"""Several processes that train one model: the first decides, the others do the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch.distributed as dist

from ctre.errors import CTREError

_Answer = TypeVar("_Answer")


class Processes:
    """The processes of a group, or this one alone where no group was made.

    Parameters
    ----------
    group : ProcessGroup, optional
        Default: all of `torch.distributed`, if it is in use.
    """

    def __init__(self, group: Any = None) -> None:
        is_there = dist.is_available() and dist.is_initialized()
        self.group = group
        self.number = dist.get_rank(group) if is_there else 0
        self.count = dist.get_world_size(group) if is_there else 1

    @property
    def decides(self) -> bool:
        """Whether this is the one that decides."""
        return self.number == 0

    def decided(self, decide: Callable[[], _Answer]) -> _Answer:
        """Let the first process decide, and give its answer in all; what it raises, all raise."""
        if self.count == 1:
            return decide()
        box: list[Any] = [None, None]
        if self.decides:
            try:
                box[0] = decide()
            except Exception as error:
                box[1] = f"{type(error).__name__}: {error}"
                dist.broadcast_object_list(box, group=self.group, group_src=0)
                raise
        dist.broadcast_object_list(box, group=self.group, group_src=0)
        if box[1] is not None:
            raise CTREError(f"The first process could not update the topology. {box[1]}")
        answer: _Answer = box[0]
        return answer
