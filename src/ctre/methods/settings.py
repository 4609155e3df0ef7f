"""Which settings a method depends on, as the method itself tells."""

from __future__ import annotations

from ctre.methods.evolve import Method
from ctre.methods.policy import Stage
from ctre.methods.recipes import Recipe

METHOD_SETTINGS = (
    "epsilon",
    "density",
    "drop_fraction",
    "drop_fraction_schedule",
    "update_interval",
    "update_until",
    "patience",
    "similarity_samples",
    "similarity_candidates",
)
"""Keywords of the estimator that mean nothing to some methods."""


def settings_of(recipe: Recipe) -> frozenset[str]:
    """Name those of `METHOD_SETTINGS` that make a difference to a method.

    Its start and its pace say what they depend on; what its policies look at is seen by asking for
    their needs, at the beginning and at the end of a training.
    """
    settings = recipe.start.settings
    return settings if recipe.method is None else settings | _settings_of_updates(recipe.method)


def _settings_of_updates(method: Method) -> frozenset[str]:
    settings = {"update_interval", "update_until"}
    for stage in (_Watched(0.0, 0, 1), _Watched(1.0, 1, 1)):
        if method.needs(stage).activations:
            settings.add("similarity_samples")
        settings |= {_SETTING_OF[name] for name in stage.asked & _SETTING_OF.keys()}
    return method.pace.settings.union(settings)


_SETTING_OF = {"patience": "patience", "n_candidates": "similarity_candidates"}
"""Keyword behind a field of the stage."""


class _Watched(Stage):
    """A stage that knows what it was asked for."""

    @property
    def asked(self) -> set[str]:
        names: set[str] = vars(self).setdefault("names", set())
        return names

    def __getattribute__(self, name: str) -> object:
        if name in _SETTING_OF:
            self.asked.add(name)
        return super().__getattribute__(name)
