"""Trained models as files: safetensors, so opening a file can run no code.

A model file holds, for layer 0, 1, …::

    layers.0.indptr   int32    (n_post + 1,)         connections in CSC form, see `ctre.topology`
    layers.0.indices  int32    (n_connections,)
    layers.0.weights  float32  (n_connections,)
    layers.0.biases   float32  (n_post,)

and ``classes`` where labels are numbers, ``scaling.shift`` and ``scaling.factor`` (or
``scaling.idf``) where rows are scaled. The metadata has ``format``, ``format_version`` and
``model``: a JSON object with everything that is not an array.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from sklearn.utils.validation import check_is_fitted

from ctre.errors import InvalidDataError
from ctre.estimators import SparseMLPClassifier
from ctre.estimators.parameters import PARAMETERS, Parameters
from ctre.network import SparseLayer, SparseNetwork
from ctre.preprocessing import Scaling, scaling_kind
from ctre.topology import Topology
from ctre.training import Classification
from ctre.vocabulary import ACTIVATIONS, SCALINGS
from ctre.whole_file import whole_file

MODEL_FILE = "model.safetensors"
"""Name of the model in the folder of a run."""

_FORMAT, _FORMAT_VERSION = "ctre-model", "2"
_READ_VERSIONS = ("1", "2")  # 1 kept the scaling beside the estimator; the file is laid out alike
_STORED = tuple(parameter.name for parameter in PARAMETERS if parameter.is_stored)
_LABEL_TYPES = ("BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F32", "F64")
_MOST_NEURONS = 2**31 - 1  # indices are int32


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A trained model, and what is known of the file it was trained on.

    Parameters
    ----------
    estimator : SparseMLPClassifier
        Fitted; it scales rows as it did in training.
    feature_names : tuple of str or None
        Names of the columns, in order.
    target : str or None
        Name of the column of labels in the file that the training rows came from.
    file_format : mapping of str to value
        How that file was written, as `ctre.datasets.FileFormat.as_json` has it.
    """

    estimator: SparseMLPClassifier
    feature_names: tuple[str, ...] | None = None
    target: str | None = None
    file_format: Mapping[str, Any] = field(default_factory=dict)


def save_model(
    path: str | os.PathLike[str],
    estimator: SparseMLPClassifier,
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
    estimator : SparseMLPClassifier
        Fitted.
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
        If the labels are neither all numbers nor all strings.
    OSError
        If the file cannot be written.

    Notes
    -----
    Left out is what only fit needs and JSON cannot hold, and what belongs to the machine: a
    ``random_state`` that is no integer, ``validation_split``, ``callbacks``, ``verbose`` and
    ``n_threads``. So is what fit saw: ``history_`` and the attributes that are read from it.
    """
    data = encode_model(
        estimator, feature_names=feature_names, target=target, file_format=file_format
    )
    with whole_file(Path(path)) as file:
        file.write(data)


def encode_model(
    estimator: SparseMLPClassifier,
    *,
    feature_names: Sequence[str] | None = None,
    target: str | None = None,
    file_format: Mapping[str, Any] | None = None,
) -> bytes:
    """Give the bytes that `save_model` writes; same parameters, same errors."""
    check_is_fitted(estimator)
    network, classes = estimator.network_, estimator.classes_
    arrays: dict[str, NDArray[Any]] = {}
    for number, layer in enumerate(network.layers):
        arrays |= {
            f"layers.{number}.indptr": layer.topology.indptr,
            f"layers.{number}.indices": layer.topology.indices,
            f"layers.{number}.weights": layer.weights,
            f"layers.{number}.biases": layer.biases,
        }
    labels = classes.tolist()
    has_text_labels = all(isinstance(label, str) for label in labels)
    if not has_text_labels:
        if classes.dtype.kind not in "biuf":
            raise InvalidDataError(
                f"Labels must be all numbers or all strings to be saved, got {labels}."
            )
        arrays["classes"] = classes
    scaling = estimator.scaling_
    arrays |= {f"scaling.{part}": array for part, array in scaling.arrays().items()}
    names_in_fit = getattr(estimator, "feature_names_in_", None)
    names = names_in_fit if feature_names is None else feature_names
    model = {
        "estimator": type(estimator).__name__,
        "parameters": _storable_parameters(estimator),
        "layer_sizes": network.layer_sizes,
        "activation": network.activation,
        "classes": labels if has_text_labels else None,
        "has_object_labels": has_text_labels and classes.dtype == object,
        "scaling": scaling.name,
        "feature_names": None if names is None else list(map(str, names)),
        "has_names_from_fit": names_in_fit is not None,
        "target": target,
        "file_format": dict(file_format or {}),
    }
    metadata = {"format": _FORMAT, "format_version": _FORMAT_VERSION, "model": json.dumps(model)}
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)


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
    path = Path(path)
    if path.is_dir():
        path = path / MODEL_FILE
    path.open("rb").close()  # errors of `open` name the file, those of `safe_open` do not
    try:
        with safe_open(path, framework="numpy") as file:
            return _ModelReader(file).read()
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise InvalidDataError(f"{str(path)!r} cannot be used as a model: {error}") from error


def _storable_parameters(estimator: SparseMLPClassifier) -> dict[str, Any]:
    parameters = estimator.get_params(deep=False)
    hidden, seed = parameters["hidden_layer_sizes"], parameters["random_state"]
    parameters["hidden_layer_sizes"] = np.asarray(hidden).tolist()
    parameters["random_state"] = int(seed) if isinstance(seed, Integral) else None
    parameters["method"] = getattr(estimator.method, "name", estimator.method)
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in parameters.items()
        if name in _STORED
    }


class _ModelReader:
    """Reads one open file and believes nothing of it."""

    def __init__(self, file: Any) -> None:
        self.file = file
        metadata = file.metadata() or {}
        _require(metadata.get("format") == _FORMAT, "it was not written by ctre.")
        version = metadata.get("format_version")
        _require(
            version in _READ_VERSIONS,
            f"it has format version {version!r} where this version of ctre reads "
            f"{' and '.join(map(repr, _READ_VERSIONS))}. Install the version of ctre that wrote "
            "it, or a later one.",
        )
        self.model = json.loads(metadata.get("model", ""))
        _require(isinstance(self.model, dict), "its description is no JSON object.")

    def read(self) -> SavedModel:
        name = self.model.get("estimator")
        _require(name == SparseMLPClassifier.__name__, f"its estimator {name!r} is unknown.")
        sizes = self.layer_sizes()
        n_features, n_classes = sizes[0], sizes[-1]
        layers = [self.layer(number, *ends) for number, ends in enumerate(pairwise(sizes))]
        activation = self.model.get("activation")
        _require(activation in ACTIVATIONS, f"its activation {activation!r} is unknown.")

        estimator = SparseMLPClassifier(**self.parameters())
        Parameters(**estimator.get_params(deep=False))  # checks them
        estimator.network_ = SparseNetwork(layers, activation, "softmax_cross_entropy")
        estimator.scaling_ = self.scaling(n_features)
        estimator.task_ = Classification(self.classes(n_classes))
        estimator.n_features_in_ = n_features
        feature_names = self.feature_names(n_features)
        if feature_names is not None and self.model.get("has_names_from_fit") is True:
            estimator.feature_names_in_ = np.array(feature_names, dtype=object)
        target = self.model.get("target")
        _require(target is None or isinstance(target, str), "its target is no name.")
        file_format = self.model.get("file_format", {})
        _require(isinstance(file_format, dict), "its file format is no JSON object.")
        return SavedModel(estimator, feature_names, target, file_format)

    def parameters(self) -> dict[str, Any]:
        parameters = self.model.get("parameters")
        _require(
            isinstance(parameters, dict) and parameters.keys() <= set(_STORED),
            "its parameters are not those of the estimator.",
        )
        hidden = parameters.get("hidden_layer_sizes")
        sizes = tuple(hidden) if isinstance(hidden, list) else hidden  # JSON knows no tuples
        return {**parameters, "hidden_layer_sizes": sizes}

    def layer_sizes(self) -> list[int]:
        sizes = self.model.get("layer_sizes")
        _require(
            isinstance(sizes, list)
            and len(sizes) >= 2
            and all(type(size) is int and 1 <= size <= _MOST_NEURONS for size in sizes),
            "its layer sizes are no sizes.",
        )
        return list(sizes)

    def layer(self, number: int, n_pre: int, n_post: int) -> SparseLayer:
        prefix = f"layers.{number}"
        indptr = self.array(f"{prefix}.indptr", ("I32",), n_post + 1)
        _require(
            indptr[0] == 0 and bool(np.all(np.diff(indptr) >= 0)),
            f"{prefix}.indptr must start at 0 and never fall.",
        )
        n_connections = int(indptr[-1])
        indices = self.array(f"{prefix}.indices", ("I32",), n_connections)
        _require(
            bool(np.all((indices >= 0) & (indices < n_pre))),
            f"{prefix}.indices must be in [0, {n_pre}).",
        )
        topology = Topology(n_pre, n_post, indptr, indices)
        _require(
            bool(np.all(np.diff(topology.keys) > 0)),
            f"{prefix}.indices must ascend within each neuron.",
        )
        weights = self.array(f"{prefix}.weights", ("F32",), n_connections)
        return SparseLayer(topology, weights, self.array(f"{prefix}.biases", ("F32",), n_post))

    def classes(self, n_classes: int) -> NDArray[Any]:
        labels = self.model.get("classes")
        if labels is None:
            classes = self.array("classes", _LABEL_TYPES, n_classes)
        else:
            _require(_are_names(labels, n_classes), f"it must name {n_classes} classes.")
            is_object = self.model.get("has_object_labels") is True
            classes = np.array(labels, dtype=object if is_object else str)
        _require(len(np.unique(classes)) == n_classes, "its classes must differ.")
        return classes

    def feature_names(self, n_features: int) -> tuple[str, ...] | None:
        names = self.model.get("feature_names")
        if names is None:
            return None
        _require(_are_names(names, n_features), f"it must name {n_features} features.")
        return tuple(names)

    def scaling(self, n_features: int) -> Scaling:
        name = self.model.get("scaling") or "none"  # version 1 had no word for it
        _require(name in SCALINGS and name != "auto", f"its scaling {name!r} is unknown.")
        kind, arrays = scaling_kind(name), {}
        for part, length in kind.lengths(n_features).items() if name != "none" else ():
            if part != "shift" or self.has("scaling.shift"):
                arrays[part] = self.array(f"scaling.{part}", ("F64",), length)
        return kind.restored(name, arrays)

    def has(self, name: str) -> bool:
        return name in self.file.keys()  # noqa: SIM118 - no mapping

    def array(self, name: str, types: Sequence[str], length: int) -> NDArray[Any]:
        """Copy an array out, once its type and shape are known to be right."""
        _require(self.has(name), f"{name} is missing.")
        stored = self.file.get_slice(name)
        dtype, shape = stored.get_dtype(), stored.get_shape()
        _require(
            dtype in types and shape == [length],
            f"{name} must be {' or '.join(types)} of length {length}, got {dtype} {shape}.",
        )
        array: NDArray[Any] = np.array(self.file.get_tensor(name))
        _require(
            array.dtype.kind != "f" or bool(np.isfinite(array).all()),
            f"{name} must be finite.",
        )
        return array


def _are_names(values: object, length: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == length
        and all(isinstance(value, str) for value in values)
    )


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
