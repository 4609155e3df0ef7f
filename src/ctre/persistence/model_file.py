"""Trained models as files: safetensors, so opening one can run no code.

A model file is a tree (`ctre.tree_file`) of ::

    layers.0, layers.1, …  arrays of each layer, see `ctre.network.stored`
    task                   what was learned: its kind, and what that consists of
    scaling                the rule that rows are scaled by, and its arrays
    history                what is remembered of every epoch, a list for each field
    table                  what makes numbers of a table, see `ctre.tables.stored`
    estimator, parameters, layer_sizes, activation, alpha, batch_size, similarity_samples,
    feature_names, has_names_from_fit, target
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ctre.errors import InvalidDataError
from ctre.estimators import SparseMLPClassifier, SparseMLPRegressor
from ctre.estimators.base import SparseMLP
from ctre.estimators.parameters import PARAMETERS, Parameters
from ctre.network import SparseNetwork
from ctre.network.stored import restored_layers, stored_layer
from ctre.persistence.class_weights import restored_weights, stored_weights
from ctre.persistence.older import OLDER_VERSIONS, upgraded
from ctre.preprocessing import Scaling, scaling_kind
from ctre.tables import TableEncoder, table_pipeline
from ctre.tables.stored import restored_encoder, stored_encoder
from ctre.training import Task, target_shape
from ctre.training.stored_fit import restored_history, stored_history
from ctre.training.task_table import TASKS
from ctre.tree_file import Branch, TreeFormat, require
from ctre.vocabulary import ACTIVATIONS, SCALINGS
from ctre.whole_file import whole_file

MODEL_FILE = "model.safetensors"
"""Name of the model in the folder of a run."""

_FORMAT = TreeFormat("ctre-model", "model", version="3", older=OLDER_VERSIONS)
_ESTIMATORS: Mapping[str, type[SparseMLP]] = MappingProxyType(
    {kind.__name__: kind for kind in (SparseMLPClassifier, SparseMLPRegressor)}
)
_STORED = tuple(parameter.name for parameter in PARAMETERS if parameter.is_stored)
_MOST_NEURONS = 2**31 - 1  # indices are int32


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A trained model, and what is known of the file it was trained on.

    Parameters
    ----------
    estimator : SparseMLPClassifier, SparseMLPRegressor or Pipeline
        Fitted; it scales rows as it did in training. A pipeline takes tables, see
        `ctre.make_table_pipeline`.
    feature_names : tuple of str or None
        Names of the columns, in order.
    target : str or None
        Name of the column of labels in the file that the training rows came from.
    file_format : mapping of str to value
        How that file was written, as `ctre.datasets.FileFormat.as_json` has it.
    """

    estimator: Any
    feature_names: tuple[str, ...] | None = None
    target: str | None = None
    file_format: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Any:
        """The estimator itself, or the one that a pipeline ends with."""
        return self.estimator[-1] if isinstance(self.estimator, Pipeline) else self.estimator

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted, and no classes."""
        return isinstance(self.network, SparseMLPRegressor)

    @property
    def has_several_targets(self) -> bool:
        """Whether predictions have a second dimension, (n_rows, n_targets)."""
        return target_shape(self.network.task_) != ()

    @property
    def encoder(self) -> TableEncoder | None:
        """What makes numbers of a table, where the model is a pipeline."""
        return self.estimator[0] if isinstance(self.estimator, Pipeline) else None


def save_model(
    path: str | os.PathLike[str],
    estimator: SparseMLP | Pipeline,
    *,
    feature_names: Sequence[str] | None = None,
    target: str | None = None,
    file_format: Mapping[str, Any] | None = None,
) -> None:
    """Write a fitted estimator to a file, whole or not at all.

    Parameters
    ----------
    path : path
        By convention it ends in ``.safetensors``. A file that is there is replaced.
    estimator : SparseMLPClassifier, SparseMLPRegressor or Pipeline
        Fitted; a pipeline as `ctre.make_table_pipeline` makes it.
    feature_names : sequence of str, optional
        Names of the columns; by default those that the estimator saw in fit.
    target : str, optional
        Name of the column of labels in the file that the training rows came from.
    file_format : mapping, optional
        How that file was written, as `ctre.datasets.FileFormat.as_json` has it.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    InvalidDataError
        If the labels are neither all numbers nor all strings, or the estimator or what it learned
        is of a class that is not the library's.
    OSError
        If the file cannot be written.

    Notes
    -----
    Left out is what only fit needs and JSON cannot hold, and what belongs to the machine: a
    ``random_state`` that is no integer, ``validation_split``, ``callbacks``, ``verbose`` and
    ``n_threads``. The history is kept, and with it the attributes that are read from it.
    """
    data = encode_model(
        estimator, feature_names=feature_names, target=target, file_format=file_format
    )
    with whole_file(Path(path)) as file:
        file.write(data)


def encode_model(
    estimator: SparseMLP | Pipeline,
    *,
    feature_names: Sequence[str] | None = None,
    target: str | None = None,
    file_format: Mapping[str, Any] | None = None,
) -> bytes:
    """Give the bytes that `save_model` writes; same parameters, same errors."""
    check_is_fitted(estimator)
    encoder = None
    if isinstance(estimator, Pipeline):
        encoder, estimator = _steps(estimator)
    name, task, network = type(estimator).__name__, estimator.task_, estimator.network_
    for thing, known in ((estimator, _ESTIMATORS.get(name)), (task, TASKS.get(task.kind))):
        if type(thing) is not known:
            raise InvalidDataError(
                f"A model file holds estimators and tasks of the library alone, got "
                f"{type(thing).__qualname__}. Pickle it, or save the estimator it is made of."
            )
    names_in_fit = getattr(encoder or estimator, "feature_names_in_", None)
    names = names_in_fit if feature_names is None else feature_names
    tree = {
        "estimator": name,
        "parameters": _storable_parameters(estimator),
        "layer_sizes": network.layer_sizes,
        "activation": network.activation,
        "layers": [stored_layer(layer) for layer in network.layers],
        "task": {"kind": task.kind, **task.stored()},
        "scaling": {"name": estimator.scaling_.name, **estimator.scaling_.arrays()},
        "alpha": estimator.alpha_,
        "input_dropout": estimator.input_dropout_,
        "batch_size": estimator.batch_size_,
        "similarity_samples": estimator.similarity_samples_,
        "history": stored_history(estimator.history_),
        "table": None if encoder is None else stored_encoder(encoder),
        "feature_names": None if names is None else list(map(str, names)),
        "has_names_from_fit": names_in_fit is not None,
        "target": target,
        "file_format": dict(file_format or {}),
    }
    return _FORMAT.encode(tree)


def model_path(path: str | os.PathLike[str]) -> Path:
    """Give the file of a model, which may be named by the folder of a run that holds it."""
    path = Path(path)
    return path / MODEL_FILE if path.is_dir() else path


def load_model(path: str | os.PathLike[str]) -> SavedModel:
    """Read a model file; nothing in it is run, and everything in it is checked.

    Parameters
    ----------
    path : path
        The file, or the folder of a run that holds it.

    Returns
    -------
    SavedModel
        Its estimator predicts what the saved one predicts, bit for bit.

    Raises
    ------
    OSError
        If the file cannot be opened.
    InvalidDataError
        If it is damaged, holds no model, or was written by a later version of the library.
    """
    path = model_path(path)
    content = _FORMAT.read(path)
    with _FORMAT.reading(path):
        return _restored(upgraded(content) if content.version in OLDER_VERSIONS else content.tree)


def _storable_parameters(estimator: SparseMLP) -> dict[str, Any]:
    parameters = estimator.get_params(deep=False)
    hidden, seed = parameters["hidden_layer_sizes"], parameters["random_state"]
    parameters["hidden_layer_sizes"] = np.asarray(hidden).tolist()
    parameters["random_state"] = int(seed) if isinstance(seed, Integral) else None
    parameters["method"] = getattr(estimator.method, "name", estimator.method)
    if "class_weight" in parameters:
        parameters["class_weight"] = stored_weights(parameters["class_weight"])
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in parameters.items()
        if name in _STORED
    }


def _restored(tree: Branch) -> SavedModel:
    """Make the model again, and believe nothing."""
    kind = _ESTIMATORS[tree.choice("estimator", list(_ESTIMATORS))]
    sizes = tuple(tree.sequence("layer_sizes"))
    is_fit = len(sizes) >= 2 and all(
        type(size) is int and 1 <= size <= _MOST_NEURONS for size in sizes
    )
    tree.require("layer_sizes", is_fit, "numbers of neurons", sizes)
    n_features, n_outputs = sizes[0], sizes[-1]
    task = _task(tree.branch("task"), n_outputs, kind)
    network = SparseNetwork(
        restored_layers(tree, "layers", sizes), tree.choice("activation", ACTIVATIONS), task.loss
    )
    fitted: dict[str, Any] = {
        "network_": network,
        "scaling_": _scaling(tree.branch("scaling"), n_features),
        "task_": task,
        "n_features_in_": n_features,
    }
    if "history" in tree:
        fitted["history_"] = restored_history(tree.branch("history"), len(network.layers))
        fitted["similarity_samples_"] = tree.integer("similarity_samples", 1)
        fitted["batch_size_"] = tree.integer("batch_size", 1)
        fitted["alpha_"] = tree.number("alpha")
        fitted["input_dropout_"] = tree.number("input_dropout")
    encoder = _encoder(tree.branch("table"), n_features) if "table" in tree else None
    n_names = n_features if encoder is None else encoder.n_features_in_
    names = tree.texts("feature_names", n_names) if "feature_names" in tree else None
    if encoder is None and names is not None and tree.value("has_names_from_fit") is True:
        fitted["feature_names_in_"] = np.array(names, dtype=object)

    estimator = kind(**_parameters(tree.branch("parameters"), kind))
    Parameters(**estimator.get_params(deep=False))  # checks them
    estimator.__dict__.update(fitted)
    target = tree.text("target") if "target" in tree else None
    file_format = tree.branch("file_format").values if "file_format" in tree else {}
    model = estimator if encoder is None else table_pipeline(encoder, estimator)
    return SavedModel(model, None if names is None else tuple(names), target, file_format)


def _steps(pipeline: Pipeline) -> tuple[TableEncoder, Any]:
    steps = [step for _, step in pipeline.steps]
    if len(steps) != 2 or type(steps[0]) is not TableEncoder:
        names = ", ".join(type(step).__name__ for step in steps)
        raise InvalidDataError(
            "A model file holds pipelines of a TableEncoder and an estimator of the library alone, "
            f"as make_table_pipeline makes them, got one of {names}. Pickle it, or save the "
            "estimator."
        )
    return steps[0], steps[1]


def _encoder(stored: Branch, n_features: int) -> TableEncoder:
    encoder = restored_encoder(stored)
    n_out = len(encoder.get_feature_names_out())
    require(n_out == n_features, f"its table has {n_out} features, its network {n_features}.")
    return encoder


def _parameters(stored: Branch, kind: type[SparseMLP]) -> dict[str, Any]:
    unknown = stored.values.keys() - (set(_STORED) & kind().get_params(deep=False).keys())
    require(not unknown, f"its parameters {sorted(unknown)} are unknown.")
    stored.text("method")
    hidden = stored.value("hidden_layer_sizes")
    sizes = tuple(hidden) if isinstance(hidden, list) else hidden  # JSON knows no tuples
    parameters = {**stored.values, "hidden_layer_sizes": sizes}
    if "class_weight" in stored:
        parameters["class_weight"] = restored_weights(stored, "class_weight")
    return parameters


def _task(stored: Branch, n_outputs: int, estimator: type[SparseMLP]) -> Task:
    kind = TASKS[stored.choice("kind", list(TASKS))]
    require(kind in estimator.learns, f"{estimator.__name__} does not learn {kind.kind}.")
    return kind.restored(stored, n_outputs)


def _scaling(stored: Branch, n_features: int) -> Scaling:
    name = stored.choice("name", [name for name in SCALINGS if name != "auto"])
    kind = scaling_kind(name)
    arrays = {
        part: stored.array(part, np.float64, (length,))
        for part, length in kind.lengths(n_features).items()
        if name != "none" and (part != "shift" or part in stored)
    }
    return kind.restored(name, arrays)
