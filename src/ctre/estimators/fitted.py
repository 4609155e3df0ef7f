"""What a fitted estimator tells of its network and of the way there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scipy.sparse import csc_array

from ctre._typing import DoubleArray, FloatArray
from ctre.network import SparseNetwork
from ctre.preprocessing import Scaling
from ctre.training import History, Task
from ctre.vocabulary import Loss

_OUT_ACTIVATIONS: Mapping[Loss, str] = MappingProxyType(
    {
        "softmax_cross_entropy": "softmax",
        "logistic": "logistic",
        "squared_error": "identity",
    }
)


class FittedAttributes:
    """Attributes that `fit` assigns, all together, and what follows from them."""

    network_: SparseNetwork
    scaling_: Scaling
    task_: Task
    history_: History
    alpha_: float
    input_dropout_: float
    batch_size_: int
    n_threads_: int
    similarity_samples_: int
    n_features_in_: int

    @property
    def coefs_(self) -> list[csc_array]:
        """Weights of each layer; they share memory with the network."""
        return self.network_.coefs

    @property
    def intercepts_(self) -> list[FloatArray]:
        """Biases of each layer; they share memory with the network."""
        return self.network_.intercepts

    @property
    def n_connections_(self) -> int:
        """Connections of all layers."""
        return sum(self.network_.n_connections)

    @property
    def density_(self) -> float:
        """Connections per place, over all layers."""
        return self.network_.density

    @property
    def feature_importances_(self) -> DoubleArray:
        """Strength of each input neuron; sums to 1 unless every weight is zero."""
        strength = self.network_.input_strength()
        total = strength.sum()
        return strength / total if total > 0 else strength

    @property
    def best_epoch_(self) -> int:
        """Epoch whose network is kept."""
        return self.history_.best.epoch

    @property
    def best_validation_score_(self) -> float | None:
        """Validation score of that epoch."""
        return self.history_.best.validation_score

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of every epoch."""
        return self.history_.column("train_loss")

    @property
    def best_loss_(self) -> float:
        """The lowest training loss."""
        return min(self.loss_curve_)

    @property
    def validation_scores_(self) -> list[float] | None:
        """Validation score of every epoch; None without validation rows."""
        scores = self.history_.column("validation_score")
        return None if scores[0] is None else scores

    @property
    def n_layers_(self) -> int:
        """Layers of neurons, input and output among them."""
        return len(self.network_.layer_sizes)

    @property
    def n_outputs_(self) -> int:
        """Neurons of the output layer."""
        return self.network_.layer_sizes[-1]

    @property
    def out_activation_(self) -> str:
        """Activation of the output layer, by scikit-learn's name."""
        return _OUT_ACTIVATIONS[self.network_.loss]

    @property
    def n_iter_(self) -> int:
        """Epochs trained."""
        return len(self.history_)
