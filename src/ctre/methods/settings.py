"""Settings of a policy: fields of its own that whoever trains may fill in.

A policy declares one by ``setting(name, default)``. `settings_of` finds the names, however deep
policies are nested, and `bound` fills the values in. A field that was given another value than its
default stays as it is: then the policy, not the fit, decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, field, fields, is_dataclass, replace
from typing import Any, TypeVar

_KEY = "setting"
_Policy = TypeVar("_Policy")


def setting(name: str, default: Any) -> Any:
    """Declare a dataclass field that `bound` may fill in under ``name``."""
    return field(default=default, metadata={_KEY: name})


def settings_of(policy: object) -> frozenset[str]:
    """Name the settings that make a difference to a policy, or to all that a record holds.

    Beside its open fields, a class names in ``settings`` what it reads from elsewhere.
    """
    if not is_dataclass(policy) or isinstance(policy, type):
        return frozenset()
    names: set[str] = set(getattr(type(policy), "settings", ()))
    for entry in fields(policy):
        if _is_open(policy, entry):
            names.add(entry.metadata[_KEY])
        names |= settings_of(getattr(policy, entry.name))
    return frozenset(names)


def values_of(policy: object) -> dict[str, Any]:
    """Give the value of every setting that a policy, or what it holds, has a field for."""
    values: dict[str, Any] = {}
    if is_dataclass(policy) and not isinstance(policy, type):
        for entry in fields(policy):
            value = getattr(policy, entry.name)
            if _KEY in entry.metadata:
                values[entry.metadata[_KEY]] = value
            values |= values_of(value)
    return values


def bound(policy: _Policy, values: Mapping[str, Any]) -> _Policy:
    """Give the policy with its open settings, and those of all it holds, filled in.

    Parameters
    ----------
    policy : dataclass instance
        It is not modified. What is no dataclass is given back as it is.
    values : mapping of str to value
        By the names of the settings; one that is missing leaves the default.
    """
    if not is_dataclass(policy) or isinstance(policy, type):
        return policy
    changed: dict[str, Any] = {}
    for entry in fields(policy):
        value = getattr(policy, entry.name)
        if _is_open(policy, entry):
            value = values.get(entry.metadata[_KEY], value)
        else:
            value = bound(value, values)
        if value is not getattr(policy, entry.name):
            changed[entry.name] = value
    return replace(policy, **changed) if changed else policy


def _is_open(policy: object, entry: Field[Any]) -> bool:
    return _KEY in entry.metadata and bool(getattr(policy, entry.name) == entry.default)
