"""The parameters of an estimator: one table, and the record that carries them to training.

A field of `Parameters` is a parameter: its default, its rule, the paper's value, its option on the
command line, and what it decides. The checks, the protocols, the options and their help, the page
of methods, the model file and the settings of a comparison are read from here. The command line
needs the table for its help, so that nothing is imported for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ctre.errors import InvalidParameterError
from ctre.estimators.rules import (
    CALLBACKS,
    CLASS_WEIGHT,
    SPLITTER,
    VERBOSE,
    Boolean,
    Integer,
    Number,
    OneOf,
    Or,
    RowCount,
    Rule,
    Seed,
    Sizes,
)
from ctre.vocabulary import (
    ACTIVATIONS,
    SCALINGS,
    SCHEDULE_NAMES,
    SOLVERS,
    WEIGHT_INIT_NAMES,
    Activation,
    ScalingName,
    ScheduleName,
    Solver,
    WeightInitName,
)

if TYPE_CHECKING:
    import numpy as np
    from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

    from ctre.methods import Recipe
    from ctre.training import Callback

SAME = object()
"""Paper value of a parameter for which it is the default."""

_ABOVE_ZERO = Number(0, low_open=True)
_AT_LEAST_ZERO = Number(0)
_FRACTION = Number(0, 1)
_BELOW_ONE = Number(0, 1, high_open=True)
_DENSITY = Number(0, 1, low_open=True)
_COUNT = Integer(1)
_SCHEDULE = OneOf(SCHEDULE_NAMES)


class Option(NamedTuple):
    """A parameter on the command line."""

    flag: str
    help: str
    metavar: str | None = None
    none_word: str | None = None
    """What stands for None."""
    default: Any = None
    """Where the command line has its own; else the protocol's value counts."""
    default_words: str | None = None
    """What is said of the default instead of its value."""

    @property
    def key(self) -> str:
        """Name in reports."""
        return self.flag.lstrip("-").replace("-", "_")


class Parameter(NamedTuple):
    """One line of the table."""

    name: str
    default: Any
    rule: Rule | None
    """None for the method, which has a table of its own."""
    paper: Any
    """The paper's value; None where `in_protocol` does not hold."""
    in_protocol: bool
    """Whether a protocol sets it; the size of the network and how to run are left open."""
    option: Option | None
    setting: str | None
    """The setting of a method that it fills in, if only some methods have a use for it."""
    decides: bool
    """Whether it decides what is learned, and not just how that is watched or how fast it goes."""
    is_stored: bool
    """Whether a model file holds it."""


def _parameter(
    default: Any,
    rule: Rule | None,
    option: Option | None = None,
    *,
    paper: Any = SAME,
    in_protocol: bool = True,
    setting: str | None = None,
    decides: bool = True,
    is_stored: bool = True,
) -> Any:
    about = {
        "rule": rule,
        "paper": default if paper is SAME else paper,
        "in_protocol": in_protocol,
        "option": option,
        "setting": setting,
        "decides": decides,
        "is_stored": is_stored,
    }
    return field(default=default, metadata=about)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """All parameters of a fit, by the names that estimators give them.

    Raises
    ------
    InvalidParameterError
        If one breaks its rule; named, with what it must be and what it is.
    """

    hidden_layer_sizes: int | Sequence[int] = _parameter(
        (1000, 1000, 1000),
        Sizes(),
        Option("--hidden", "Neurons of each hidden layer.", "N,N,…"),
        in_protocol=False,
    )
    method: str | Recipe = _parameter(
        "ctre-corr",
        None,
        Option("--method", "How the topology evolves; see 'ctre methods'.", "NAME"),
    )
    epsilon: float | None = _parameter(
        1.0,
        Or(_ABOVE_ZERO, None),
        Option(
            "--epsilon", "Erdős–Rényi knob: a layer gets epsilon * (n_pre + n_post) connections."
        ),
        in_protocol=False,
        setting="budget",
    )
    density: float | None = _parameter(
        None,
        Or(_DENSITY, None),
        Option("--density", "Instead of --epsilon: share of its places that every layer connects."),
        in_protocol=False,
        setting="budget",
    )
    activation: Activation = _parameter("relu", OneOf(ACTIVATIONS))
    solver: Solver = _parameter("sgd", OneOf(SOLVERS))
    alpha: float | Literal["auto"] = _parameter(
        "auto",
        Or(_AT_LEAST_ZERO, "auto"),
        Option("--l2", "L2 penalty on the weights; auto: by the number of rows."),
        paper=1e-4,
    )
    batch_size: int | Literal["auto"] = _parameter(
        32, Or(_COUNT, "auto"), Option("--batch-size", "Rows per step."), paper=100
    )
    input_dropout: float | Literal["auto"] = _parameter(
        "auto",
        Or(_BELOW_ONE, "auto"),
        Option(
            "--input-dropout",
            "Share of its inputs that a row loses at random each time it is trained on; auto: by "
            "the number of columns and connections.",
        ),
        paper=0.0,
    )
    learning_rate: ScheduleName = _parameter(
        "cosine", _SCHEDULE, Option("--schedule", "How the learning rate falls."), paper="constant"
    )
    learning_rate_init: float = _parameter(
        0.05,
        _ABOVE_ZERO,
        Option("--learning-rate", "Where the learning rate starts."),
        paper=0.01,
    )
    momentum: float = _parameter(0.9, _BELOW_ONE, Option("--momentum", "Nesterov momentum of SGD."))
    nesterovs_momentum: bool = _parameter(True, Boolean())
    beta_1: float = _parameter(0.9, _BELOW_ONE, in_protocol=False)
    beta_2: float = _parameter(0.999, _BELOW_ONE, in_protocol=False)
    max_iter: int = _parameter(200, _COUNT, Option("--epochs", "Passes over the data."), paper=500)
    drop_fraction: float = _parameter(
        0.3,
        _FRACTION,
        Option("--zeta", "Share of the connections that is replaced after an epoch."),
        paper=0.2,
        setting="drop_fraction",
    )
    drop_fraction_schedule: ScheduleName = _parameter(
        "cosine",
        _SCHEDULE,
        Option("--zeta-schedule", "How that share falls."),
        paper="constant",
        setting="drop_fraction_schedule",
    )
    update_interval: int = _parameter(
        1,
        _COUNT,
        Option("--update-interval", "Epochs from one topology update to the next."),
        setting="update_interval",
    )
    update_until: float = _parameter(
        1.0,
        _FRACTION,
        Option("--update-until", "Share of the epochs after which the topology is left alone."),
        setting="update_until",
    )
    patience: int = _parameter(
        40,
        _COUNT,
        Option(
            "--patience",
            "Epochs without a better validation accuracy until ctre-seq grows at random.",
        ),
        setting="patience",
    )
    similarity_samples: int | float | None = _parameter(
        128,
        Or(RowCount(), None),
        Option(
            "--similarity-samples",
            "Training rows that similarity is measured on.",
            "all|N|FRACTION",
            none_word="all",
        ),
        paper=None,
        setting="sample_size",
    )
    similarity_candidates: int | None = _parameter(
        None,
        Or(_COUNT, None),
        Option(
            "--similarity-candidates",
            "Random absent pairs whose similarity is measured for each connection to grow: all of "
            "them, or 1 (no choice, as set) and more.",
            "all|N",
            none_word="all",
        ),
        setting="candidates",
    )
    weight_init: WeightInitName = _parameter(
        "normal",
        OneOf(WEIGHT_INIT_NAMES),
        Option("--init", "Distribution of first weights."),
        paper="uniform",
    )
    scaling: ScalingName = _parameter(
        "auto",
        OneOf(SCALINGS),
        Option(
            "--scale",
            "How rows are scaled, fitted on the training rows: as suits them; columns by their "
            "spread, with zero on their floor; counts of words by tf-idf; columns to [0, 1]; to "
            "mean 0 and standard deviation 1; to standard deviation 1 without centring; not at "
            "all.",
            default_words="what suits the data",
        ),
        paper="none",
    )
    validation_fraction: float | None = _parameter(None, Or(_BELOW_ONE, None), paper=0.1)
    validation_split: BaseCrossValidator | BaseShuffleSplit | None = _parameter(
        None, Or(SPLITTER, None), is_stored=False
    )
    early_stopping: bool = _parameter(False, Boolean())
    n_iter_no_change: float = _parameter(10, Or(_COUNT, math.inf))
    tol: float | None = _parameter(None, Or(_AT_LEAST_ZERO, None))
    warm_start: bool = _parameter(False, Boolean(), in_protocol=False)
    random_state: int | np.random.RandomState | None = _parameter(
        None,
        Or(Seed(), None),
        Option("--seed", "Decides everything random.", default=0),
        in_protocol=False,
    )
    n_threads: int | None = _parameter(
        None,
        Or(_COUNT, None),
        Option(
            "--threads",
            "The result does not depend on it.",
            default_words="by the work per batch",
        ),
        in_protocol=False,
        decides=False,
        is_stored=False,
    )
    callbacks: Sequence[Callback] = _parameter(
        (), CALLBACKS, in_protocol=False, decides=False, is_stored=False
    )
    verbose: bool | int = _parameter(
        False, VERBOSE, in_protocol=False, decides=False, is_stored=False
    )
    class_weight: Any = _parameter(None, Or(CLASS_WEIGHT, None), in_protocol=False)

    def deciding(self) -> dict[str, Any]:
        """Give those that decide what is learned."""
        return {line.name: getattr(self, line.name) for line in PARAMETERS if line.decides}

    def __post_init__(self) -> None:
        for parameter in PARAMETERS:
            value = getattr(self, parameter.name)
            if parameter.rule is not None and not parameter.rule.holds(value):
                raise InvalidParameterError(
                    f"{parameter.name} must be {parameter.rule.words}, got {value!r}."
                )
        if (self.epsilon is None) == (self.density is None):
            raise InvalidParameterError(
                "Give either epsilon or density, and set the other to None "
                f"(got epsilon={self.epsilon}, density={self.density})."
            )


def _lines() -> Iterator[Parameter]:
    for entry in fields(Parameters):
        assert entry.default is not MISSING
        yield Parameter(entry.name, entry.default, **entry.metadata)


PARAMETERS: tuple[Parameter, ...] = tuple(_lines())
"""The table, in the order of the estimators' signatures."""

USED_BY_SOME = tuple(parameter for parameter in PARAMETERS if parameter.setting is not None)
"""Parameters that make no difference to some methods."""

DEFAULTS = {parameter.name: parameter.default for parameter in PARAMETERS}
"""Default of every parameter."""
