"""The arrays that every kernel takes, and the kernels, stated once for both backends.

A backend is a module with the functions of `Kernels`: ``reference`` (plain NumPy and SciPy, the
meaning) and ``native`` (C++). Both get checked arrays; neither knows a method, a policy or a name.
Weights, biases and slots are modified in place; everything else is read only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from scipy.sparse import csr_array

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.vocabulary import Activation, Loss

Samples: TypeAlias = FloatArray | csr_array
"""Rows to train on or predict: C-contiguous float32 (n_samples, n_features), or SciPy CSR."""

Tick: TypeAlias = Callable[[int], None]
"""Called now and then with the number of samples done; what it raises ends the epoch."""

LEAK = 0.01
"""Slope of the leaky ReLU below zero (dimensionless)."""

CONSTANT = 2.0**-22
"""A column is constant if its standard deviation is at most so much of its mean: four units in the
last place of a float32 (dimensionless)."""


class LayerArrays(NamedTuple):
    """One layer: its topology in CSC form, its parameters, and the optimizer's memory of them."""

    n_pre: int
    indptr: IndexArray
    """(n_post + 1,) offsets: neuron q owns connections ``indptr[q]:indptr[q + 1]``."""
    indices: IndexArray
    """(n_connections,) presynaptic neuron, ascending within a postsynaptic one."""
    weights: FloatArray
    """(n_connections,) IN and OUT."""
    biases: FloatArray
    """(n_post,) IN and OUT."""
    weight_slots: tuple[FloatArray, ...] = ()
    """IN and OUT: velocity for SGD, first and second moment for Adam; each like ``weights``."""
    bias_slots: tuple[FloatArray, ...] = ()
    """IN and OUT: the same for ``biases``."""


class SGD(NamedTuple):
    """Stochastic gradient descent: ``v = momentum v + g``, step ``g + momentum v`` or ``v``.

    The L2 term ``l2 * w`` is part of ``g`` for weights, not for biases.
    """

    learning_rate: float
    momentum: float = 0.9
    nesterov: bool = True
    l2: float = 1e-4


class Adam(NamedTuple):
    """Adam with bias correction; the L2 term ``l2 * w`` is part of the gradient of weights."""

    learning_rate: float
    beta_1: float = 0.9
    beta_2: float = 0.999
    floor: float = 1e-8
    l2: float = 1e-4
    n_steps_done: int = 0
    """Batches trained before this epoch, which the bias correction counts on from."""


class InputDropout(NamedTuple):
    """Inputs left out while training: each sample loses its own, and the others count for more.

    Which ones is a hash of seed, the sample's place in the epoch's order, and feature
    (`ctre.kernels.functions.kept_inputs`): neither batches nor threads matter.
    """

    share: float
    """Of the inputs, strictly between 0 and 1; the others are divided by what remains."""
    seed: int
    """Of the epoch, in [0, 2**32)."""


class EpochTotals(NamedTuple):
    """What one epoch saw, each sample at the moment it was trained."""

    loss: float
    """Weighted mean over the samples, without the L2 term."""
    n_correct: int
    """Samples whose class had the highest score; 0 for losses other than softmax cross-entropy."""


class BilinearForm(NamedTuple):
    """Scores of all pairs of a layer: ``pre[:, p] @ post[:, q] + pre_offset[p] + post_offset[q]``.

    Cosine, Hebb, Euclidean, Pearson's correlation and RigL's gradient are ways to fill it.
    """

    pre: Samples
    """(n_samples, n_pre) C-contiguous float32, or CSR."""
    post: FloatArray
    """(n_samples, n_post) C-contiguous float32."""
    pre_offset: FloatArray | None = None
    """(n_pre,)"""
    post_offset: FloatArray | None = None
    """(n_post,)"""
    absolute: bool = True
    """Whether the score is the absolute value of the sum."""
    lowest_first: bool = False
    """Whether low scores are the best ones."""
    centered: bool = False
    """Whether each column of both sides counts less its mean. One that is constant, but for
    rounding (`CONSTANT`), then counts as zeros. Where ``pre`` is CSR, the product centers ``post``
    alone, which comes to the same."""
    normalized_pre: bool = False
    """Whether each column of ``pre``, less its mean if centered, counts as scaled to Euclidean
    length one; one of zeros stays as it is. Means and lengths are summed in float64, so that no
    square is too large or too small."""
    normalized_post: bool = False
    """The same for ``post``."""


class LayerGradients(NamedTuple):
    """Derivatives of a loss around one layer; None where they were not wanted."""

    samples: FloatArray | None
    """(n_rows, n_pre)"""
    weights: FloatArray | None
    """(n_connections,)"""
    biases: FloatArray | None
    """(n_post,)"""


class LayerKernels(Protocol):
    """Training and prediction."""

    def train_epoch(
        self,
        layers: Sequence[LayerArrays],
        samples: Samples,
        targets: IndexArray | FloatArray,
        order: IndexArray,
        *,
        sample_weight: FloatArray | None,
        input_dropout: InputDropout | None,
        batch_size: int,
        activation: Activation,
        loss: Loss,
        optimizer: SGD | Adam,
        n_threads: int,
        tick: Tick | None,
    ) -> EpochTotals:
        """Train every batch of ``order`` once: forward, backward, step.

        Parameters
        ----------
        layers
            First to last; hidden layers use ``activation``, the last one feeds ``loss``.
        samples
            (n_samples, n_features).
        targets
            Softmax cross-entropy: int32 (n_samples,) classes. Else: float32 (n_samples, n_out).
        order
            (n_trained,) int32 rows of ``samples``, cut into batches of ``batch_size``. A last,
            shorter batch is trained too; its gradient counts by the share of a full batch that it
            holds, so that a few samples do not take a step of full size.
        sample_weight
            float32 (n_samples,) or None. The loss of a batch is the weighted mean over its rows
            (summed over outputs; the squared error is half the square). A batch whose weights are
            all zero has gradient zero.
        input_dropout
            Which inputs are left out; None: none is.
        n_threads
            At least 1. Results are bit-equal for any number.
        tick
            About ten times a second at most.

        Returns
        -------
        EpochTotals
            A loss that is not finite is returned, not raised.
        """
        ...

    def forward(
        self,
        layers: Sequence[LayerArrays],
        samples: Samples,
        *,
        activation: Activation,
        n_threads: int,
    ) -> FloatArray:
        """Compute the scores (n_samples, n_out) of every row: input sums of the output layer."""
        ...

    def activations(
        self,
        layers: Sequence[LayerArrays],
        samples: Samples,
        *,
        activation: Activation,
        n_threads: int,
    ) -> list[FloatArray]:
        """Compute what the neurons of every layer answer to every row: (n_rows, n_post), C order.

        Activations of the hidden layers, of all their neurons, also those nobody reads; of the
        last layer the scores.
        """
        ...


class Kernels(LayerKernels, Protocol):
    """What a backend offers: training, prediction, single layers, and the scores of pairs."""

    def layer_forward(
        self, layer: LayerArrays, samples: FloatArray, *, n_threads: int
    ) -> FloatArray:
        """Compute the input sums (n_rows, n_post) behind one layer, for whoever owns the rest.

        Parameters
        ----------
        layer
            Read only here; its slots do not matter.
        samples
            C-contiguous float32 (n_rows, n_pre); there may be no row.
        n_threads
            At least 1. Bit-equal for any number.

        Notes
        -----
        Time O(n_rows * (n_connections + n_pre + n_post)), memory for a few dozen rows.
        """
        ...

    def layer_backward(
        self,
        layer: LayerArrays,
        samples: FloatArray,
        error: FloatArray,
        *,
        wants_samples: bool,
        wants_weights: bool,
        wants_biases: bool,
        n_threads: int,
    ) -> LayerGradients:
        """Compute the gradients around one layer from that by its input sums.

        Parameters
        ----------
        layer
            Read only here; its slots do not matter.
        samples
            C-contiguous float32 (n_rows, n_pre): what `layer_forward` was given.
        error
            C-contiguous float32 (n_rows, n_post): derivatives by what it answered.
        wants_samples, wants_weights, wants_biases
            Which gradients to compute.
        n_threads
            At least 1. Bit-equal for any number.

        Notes
        -----
        Time O(n_rows * (n_connections + n_pre + n_post)), memory a few values per connection.
        """
        ...

    def best_absent_pairs(
        self,
        form: BilinearForm,
        indptr: IndexArray,
        indices: IndexArray,
        count: int,
        *,
        n_threads: int,
    ) -> KeyArray:
        """Find the ``count`` best-scored places that (indptr, indices) leaves free.

        Parameters
        ----------
        form
            The scores. They are float32; equal scores go to the lower key, and a NaN is worst.
        indptr, indices
            Taken places, in the CSC form of `LayerArrays`.
        count
            At most the number of free places.

        Returns
        -------
        int64 array of shape (count,)
            Keys ``post * n_pre + pre``, ascending. Bit-equal for any number of threads.

        Notes
        -----
        Time O(n_samples * n_pre * n_post), memory O(count + block): no array of n_pre * n_post
        elements exists.
        """
        ...

    def pair_scores(
        self, form: BilinearForm, indptr: IndexArray, indices: IndexArray, *, n_threads: int
    ) -> FloatArray:
        """Compute the scores of the places (indptr, indices), in their order.

        Parameters
        ----------
        form
            The scores; which ones are the best does not matter here.
        indptr, indices
            The places, in the CSC form of `LayerArrays`.

        Returns
        -------
        float32 array of shape (n_places,)
            Bit-equal for any number of threads, and whatever other places are listed.

        Notes
        -----
        Time O(n_samples * (n_places + n_pre + n_post)), memory O(n_places + n_pre + n_post).
        """
        ...
