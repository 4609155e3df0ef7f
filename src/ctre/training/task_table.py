"""Every task that a file can hold, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ctre.training.class_tasks import ClassColumns, Classification, LabelSets
from ctre.training.task import Regression, Task

TASKS: Mapping[str, type[Task]] = MappingProxyType(
    {task.kind: task for task in (Classification, LabelSets, ClassColumns, Regression)}
)
