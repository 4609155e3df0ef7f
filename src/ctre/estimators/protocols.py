"""Named settings: frozen tables of estimator keywords, and nothing else knows of them.

``SparseMLPClassifier(**PAPER_PROTOCOL | {"method": "ctre-sim"})`` trains as the paper did.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sklearn.model_selection import ShuffleSplit

from ctre.estimators.parameters import PARAMETERS

_IN_PROTOCOL = [parameter for parameter in PARAMETERS if parameter.in_protocol]

PAPER_PROTOCOL: Mapping[str, Any] = MappingProxyType(
    {parameter.name: parameter.paper for parameter in _IN_PROTOCOL if parameter.name != "method"}
    | {"validation_split": ShuffleSplit(n_splits=1, test_size=0.1, random_state=42)}
)
"""The settings of the paper's experiments (section 4.1.1 and its published code)."""

DEFAULT_PROTOCOL: Mapping[str, Any] = MappingProxyType(
    {parameter.name: parameter.default for parameter in _IN_PROTOCOL}
)
"""What a user gets who sets nothing: the defaults of the estimators."""

PROTOCOLS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"default": DEFAULT_PROTOCOL, "paper": PAPER_PROTOCOL}
)
