"""An experiment: a frozen record of one training, and the key that its result is kept under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ctre.errors import InvalidDataError
from ctre.estimators.parameters import DEFAULTS
from ctre.experiments.data import DataFacts, DataSource
from ctre.experiments.settings import settings_of, told
from ctre.tables import scaling_for_features

RESULTS_VERSION = 1
"""Raised when, and only when, some experiment gives other results than it gave before."""

_KEY_LENGTH = 32  # hexadecimal digits


@dataclass(frozen=True)
class Experiment:
    """One training with one seed, and what is measured of it.

    Two experiments of the same `key` have the same result, bit for bit. Make one with `of`.

    Parameters
    ----------
    source : DataSource
        Where the rows come from; not in the key.
    fingerprint : str
        Which rows they are.
    settings_text : str
        All settings that decide something, as JSON.
    seed : int
        Decides everything random.
    prune_steps : int
        Steps in which the trained network is taken apart, as in section 5.2 of the paper; 0 leaves
        it as it is.
    """

    source: DataSource
    fingerprint: str
    settings_text: str
    seed: int
    prune_steps: int = 0

    @classmethod
    def of(
        cls, facts: DataFacts, keywords: Mapping[str, Any], seed: int, *, prune_steps: int = 0
    ) -> Experiment:
        """Resolve keywords of the estimator, and treatments by name; see `settings_of`.

        What the rows decide, such as ``alpha="auto"``, stays a word: the fingerprint says of which.
        """
        if facts.is_encoded:
            scaling = scaling_for_features(keywords.get("scaling", DEFAULTS["scaling"]))
            keywords = {**keywords, "scaling": scaling}
        measured_on = ("similarity_samples",) if prune_steps else ()
        text = json.dumps(settings_of(keywords, keeping=measured_on), sort_keys=True)
        return cls(facts.source, facts.fingerprint, text, int(seed), int(prune_steps))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the training, but for data and seed."""
        return dict(json.loads(self.settings_text))

    @property
    def method(self) -> str:
        """Name of the recipe."""
        return str(self.settings["method"])

    @cached_property
    def key(self) -> str:
        """SHA-256 of what decides the result, the first 32 hexadecimal digits."""
        identity = {
            "results": RESULTS_VERSION,
            "data": self.fingerprint,
            "settings": told(self.settings),
            "seed": self.seed,
            "prune_steps": self.prune_steps,
        }
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]

    @property
    def cell(self) -> tuple[str, str, str, int]:
        """What its repetitions with other seeds have in common."""
        return self.source.name, self.fingerprint, self.settings_text, self.prune_steps

    def to_json(self) -> str:
        """Write it down."""
        record = {
            "source": self.source.as_json(),
            "fingerprint": self.fingerprint,
            "settings": self.settings,
            "seed": self.seed,
            "prune_steps": self.prune_steps,
        }
        return json.dumps(record, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Read what `to_json` wrote.

        Raises
        ------
        InvalidDataError
            If it is something else.
        """
        try:
            record = json.loads(text)
            return cls(
                DataSource.from_json(record["source"]),
                str(record["fingerprint"]),
                json.dumps(record["settings"], sort_keys=True),
                int(record["seed"]),
                int(record["prune_steps"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidDataError(f"An experiment cannot be read: {error!r}.") from error
