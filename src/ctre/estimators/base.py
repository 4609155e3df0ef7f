"""What all estimators share: parameters, fitting and prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ctre._typing import FloatArray
from ctre.estimators.docstrings import with_shared_sections
from ctre.estimators.fitted import FittedAttributes
from ctre.estimators.fitting import Call, FirstTask
from ctre.estimators.inputs import as_samples
from ctre.estimators.parameters import DEFAULTS
from ctre.estimators.scikit_learn_callbacks import CallbackSupportMixin, with_callbacks
from ctre.kernels import Samples
from ctre.methods import Recipe
from ctre.threads import threads_for
from ctre.training import Callback, Checkpoint, Task
from ctre.vocabulary import Activation, ScalingName, ScheduleName, Solver, WeightInitName


@dataclass(repr=False, eq=False)
class SparseMLP(FittedAttributes, CallbackSupportMixin, BaseEstimator, ABC):
    """A multi-layer perceptron that is sparse throughout training, whatever it learns.

    A subclass says what is learned, in `_task_kind`; the sections below stand in the docstrings of
    all of them.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(1000, 1000, 1000)
        Neurons of each hidden layer.
    method : str or ctre.methods.Recipe, default="ctre-corr"
        Name of a recipe, as ``ctre methods`` lists them; or one of your own.
    epsilon : float or None, default=1.0
        Erdős–Rényi knob: a layer gets ``min(int(epsilon * (n_pre + n_post)), n_pre * n_post)``
        connections. Either this or ``density`` is None.
    density : float in (0, 1] or None, default=None
        Share of its places that every layer connects.
    activation : {"relu", "leaky_relu", "tanh", "logistic", "identity"}, default="relu"
        Of the hidden layers.
    solver : {"sgd", "adam"}, default="sgd"
        Stochastic gradient descent with momentum, or Adam.
    alpha : float or "auto", default="auto"
        L2 term: ``alpha * w`` is added to the gradient of every weight, not of biases. "auto" is
        1e-3 up to 5,000 training rows, and falls with the root of their number beyond: the penalty
        acts in every step, and more rows mean more steps.
    input_dropout : float in [0, 1) or "auto", default="auto"
        Share of its inputs that a row loses at random each time it is trained on; the others are
        divided by what remains. "auto" is 0 below 50 columns, since few cannot stand in for one
        another; else 0.05, or 0.1 where epsilon is above 2 (a ``density`` counts as the epsilon of
        as many connections). Prediction and topology updates see all inputs.
    batch_size : int or "auto", default=32
        Samples per step, at most as many as are trained on; "auto" is 200. The last batch of an
        epoch may be shorter; its gradient then counts by the share of a full batch that it holds.
    learning_rate : {"constant", "cosine", "linear", "step"}, default="cosine"
        Schedule over the epochs; "cosine" falls to 0 along half a cosine, "step" to a tenth and
        a hundredth at half and three quarters of the run.
    learning_rate_init : float, default=0.05
        Where the schedule starts.
    momentum : float in [0, 1), default=0.9
        Of SGD; 0 switches it off.
    nesterovs_momentum : bool, default=True
        Whether SGD's momentum is Nesterov's.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of Adam's first and second moment.
    max_iter : int, default=200
        Number of epochs.
    drop_fraction : float in [0, 1], default=0.3
        Share of a layer's connections replaced after an epoch. The paper's ζ.
    drop_fraction_schedule : {"constant", "cosine", "linear", "step"}, default="cosine"
        How it falls over the epochs.
    update_interval : int, default=1
        Epochs from one topology update to the next.
    update_until : float in [0, 1], default=1.0
        Share of the epochs after which the topology is left alone.
    patience : int, default=40
        Epochs without a better validation score (without validation rows: without a lower
        training loss) after which training counts as stalled, for the methods that ask.
    similarity_samples : int, float or None, default=128
        Training rows that similarity is measured on, drawn afresh for every update: at most so
        many, this share of them in (0, 1), or all (None, as in the paper).
    similarity_candidates : int or None, default=None
        Random absent pairs whose similarity (for "rigl" and "momentum", gradient) is measured for
        each connection to grow; the best of them are grown. None measures all pairs, as in the
        paper; 1 grows at random, as SET does. A number lets wide layers grow by similarity.
    weight_init : {"normal", "uniform"}, default="normal"
        N(0, 0.1²); or Glorot's uniform, and U(±sqrt(6 / n_pre)) for grown connections.
    scaling : str, default="auto"
        How rows are scaled, by what the training rows say; prediction scales as fit did. "auto" is
        "tfidf" for sparse counts, else "anchored"; or "minmax", "standard", "std", "none". See
        `ctre.preprocessing.fit_scaling`.
    validation_fraction : float in [0, 1) or None, default=None
        Share of the rows set aside to choose the best epoch, stratified by class where the
        classes are large enough. With 0 the last epoch is kept. None is 0.1 with
        ``early_stopping``, else 0. Rows given to fit as ``X_val`` take the place of these.
    validation_split : scikit-learn splitter or None, default=None
        Sets validation rows aside in its own way (its first split counts), instead of
        ``validation_fraction``.
    early_stopping : bool, default=False
        Whether training ends once the validation score has not improved by ``tol`` for more than
        ``n_iter_no_change`` epochs in a row. The best epoch is kept.
    n_iter_no_change : int or inf, default=10
        Epochs without an improvement that counts which are let pass.
    tol : float or None, default=None
        Improvement that counts, of the score or the loss. Given without ``early_stopping``, the
        training loss ends training in the same way. None is 1e-4 with ``early_stopping``; without
        it all epochs are trained, as the schedules mean them to be.
    warm_start : bool, default=False
        Whether fit goes on from where training ended, for ``max_iter`` more epochs: with the
        topology, weights, optimizer memory, scaling and targets' units of the last epoch. (The
        fit before must have had it as well, or have been partial_fit; else the network that was
        kept is gone on with, and the memory is empty.)
    random_state : int, RandomState instance or None, default=None
        Decides everything random. Same seed, same result, whatever the number of threads.
    n_threads : int or None, default=None
        Threads; None chooses from the work per batch and the processors there are.
    callbacks : sequence of ctre.training.Callback, default=()
        Told of every epoch.
    verbose : bool or int, default=False
        Whether to print a line per epoch; a number prints every so many epochs.

    Attributes
    ----------
    coefs_ : list of csc_array of shape (n_pre, n_post)
        Weights of each layer, float32, connections only.
    intercepts_ : list of ndarray of shape (n_post,)
        Biases of each layer.
    n_connections_ : int
        Connections of all layers.
    density_ : float
        Connections per place, over all layers (dimensionless).
    feature_importances_ : ndarray of shape (n_features_in_,)
        Strength of each input neuron: sum of the magnitudes of its connections' weights, divided
        by the total.
    task_ : Task
        What was learned; it turns scores into predictions.
    history_ : History
        One record per epoch.
    loss_curve_ : list of float
        Training loss of every epoch.
    best_loss_ : float
        The lowest of them.
    validation_scores_ : list of float or None
        Validation score of every epoch; None without validation rows.
    n_layers_ : int
        Layers of neurons, input and output among them.
    n_outputs_ : int
        Neurons of the output layer.
    out_activation_ : {"softmax", "logistic", "identity"}
        Of the output layer.
    best_epoch_ : int
        Epoch whose network is kept, counted from 1.
    best_validation_score_ : float or None
        Its validation score.
    n_iter_ : int
        Epochs trained.
    network_ : SparseNetwork
        The trained network; it takes scaled rows.
    scaling_ : Scaling
        What the training rows were scaled by.
    alpha_, input_dropout_, batch_size_ : float, float, int
        What "auto" stood for; a batch never holds more rows than there are.
    n_threads_ : int
        Threads that trained it.
    similarity_samples_ : int
        Rows that similarity was measured on.
    n_features_in_ : int
        Columns seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if all were strings.

    Notes
    -----
    A setting that a method has no use for is ignored, so that a search may set it for all: those of
    the updates where the topology never changes, the density by "dense", the drop fraction by
    "magnitude", ``patience`` and ``similarity_samples`` by every method that asks for neither.
    ``docs/methods.md`` shows which ones count.

    All fitted attributes are assigned together, when training has ended: a fit that fails or is
    interrupted leaves the estimator as it was.

    An epoch costs O(n_samples * n_connections). A similarity-guided update costs
    O(similarity_samples * n_pre * n_post) per layer in time, O(n_connections) in memory; with
    similarity_candidates, similarity_samples times the candidates in time.

    References
    ----------
    .. [1] Atashgahi et al., "A Brain-inspired Algorithm for Training Highly Sparse Neural
       Networks", Machine Learning 111, 2022.
    """

    learns: ClassVar[tuple[type[Task], ...]]
    """Kinds of task that it can learn."""

    hidden_layer_sizes: int | Sequence[int] = DEFAULTS["hidden_layer_sizes"]
    _: KW_ONLY
    method: str | Recipe = DEFAULTS["method"]
    epsilon: float | None = DEFAULTS["epsilon"]
    density: float | None = DEFAULTS["density"]
    activation: Activation = DEFAULTS["activation"]
    solver: Solver = DEFAULTS["solver"]
    alpha: float | Literal["auto"] = DEFAULTS["alpha"]
    batch_size: int | Literal["auto"] = DEFAULTS["batch_size"]
    input_dropout: float | Literal["auto"] = DEFAULTS["input_dropout"]
    learning_rate: ScheduleName = DEFAULTS["learning_rate"]
    learning_rate_init: float = DEFAULTS["learning_rate_init"]
    momentum: float = DEFAULTS["momentum"]
    nesterovs_momentum: bool = DEFAULTS["nesterovs_momentum"]
    beta_1: float = DEFAULTS["beta_1"]
    beta_2: float = DEFAULTS["beta_2"]
    max_iter: int = DEFAULTS["max_iter"]
    drop_fraction: float = DEFAULTS["drop_fraction"]
    drop_fraction_schedule: ScheduleName = DEFAULTS["drop_fraction_schedule"]
    update_interval: int = DEFAULTS["update_interval"]
    update_until: float = DEFAULTS["update_until"]
    patience: int = DEFAULTS["patience"]
    similarity_samples: int | float | None = DEFAULTS["similarity_samples"]
    similarity_candidates: int | None = DEFAULTS["similarity_candidates"]
    weight_init: WeightInitName = DEFAULTS["weight_init"]
    scaling: ScalingName = DEFAULTS["scaling"]
    validation_fraction: float | None = DEFAULTS["validation_fraction"]
    validation_split: BaseCrossValidator | BaseShuffleSplit | None = DEFAULTS["validation_split"]
    early_stopping: bool = DEFAULTS["early_stopping"]
    n_iter_no_change: float = DEFAULTS["n_iter_no_change"]
    tol: float | None = DEFAULTS["tol"]
    warm_start: bool = DEFAULTS["warm_start"]
    random_state: int | np.random.RandomState | None = DEFAULTS["random_state"]
    n_threads: int | None = DEFAULTS["n_threads"]
    callbacks: Sequence[Callback] = DEFAULTS["callbacks"]
    verbose: bool | int = DEFAULTS["verbose"]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__doc__ = with_shared_sections(cls.__doc__, SparseMLP.__doc__)

    def __sklearn_is_fitted__(self) -> bool:
        return "network_" in vars(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags

    @abstractmethod
    def _task_kind(self, y: NDArray[Any]) -> type[Task]:
        """Tell what kind of task targets (n_rows,) or (n_rows, n_outputs) are of.

        Raises
        ------
        InvalidDataError, ValueError
            If they are of none that the estimator learns.
        """

    @with_callbacks  # type: ignore[misc]  # scikit-learn has no type stubs
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Train on rows whose targets are known.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features; trained on as float32 once they are scaled, sparse input as CSR.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: what `predict` is to give.
        sample_weight : array-like of shape (n_samples,), optional
            Weight of each row in the loss; at least 0. A row of weight 0 is as good as absent.
        X_val, y_val : array-likes, optional
            Rows and targets that choose the best epoch, and whether to stop early; as ``X`` and
            ``y`` (``Pipeline(..., transform_input=["X_val"])`` transforms them alike).
        checkpoint : ctre.Checkpoint, optional
            Where the fit keeps its state, and from where it goes on if it was interrupted.

        Returns
        -------
        Self
            Itself.

        Raises
        ------
        InvalidParameterError, UnknownNameError
            If a parameter of the estimator cannot be what it is.
        InvalidDataError, ValueError
            If the data cannot be trained on, or no file of the checkpoint can be used.
        OtherFitError
            If the checkpoint is of a fit with other settings or other data.
        OSError
            If the checkpoint cannot be read or written; what was written before stays.
        TrainingDivergedError
            If the loss stops being finite.
        """
        goes_on = bool(self.warm_start) and self.__sklearn_is_fitted__()
        Call(self, goes_on, checkpoint).fit(X, y, sample_weight, X_val, y_val)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, first_task: FirstTask) -> Self:
        Call(self, self.__sklearn_is_fitted__()).partial_fit(X, y, sample_weight, first_task)
        return self

    def _rows(self, owner: Self, X: Any, y: Any, reset: bool = True) -> tuple[Any, NDArray[Any]]:
        """Validate rows and targets; ``owner`` remembers, or has remembered, what columns are."""
        checked: tuple[Any, NDArray[Any]] = validate_data(
            owner, X, y, multi_output=True, reset=reset, **self._row_checks()
        )
        return checked[0], self._targets(checked[1])

    @abstractmethod
    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Give validated targets the form that tasks take."""

    def _row_checks(self) -> dict[str, Any]:
        """Say how rows are validated: they keep float64 until they are scaled."""
        return {"accept_sparse": "csr", "dtype": (np.float64, np.float32), "order": "C"}

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the targets of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for fit.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            Shaped as ``y`` was in fit, in its units.
        """
        scores = self._scores(X)
        return self.task_.decode(scores)

    def _scores(self, X: ArrayLike) -> FloatArray:
        """Give the scores (n_rows, n_outputs) of the output layer."""
        samples = self._samples(X)
        return self.network_.scores(samples, self._prediction_threads(samples))

    def _samples(self, X: ArrayLike) -> Samples:
        check_is_fitted(self)
        X = validate_data(self, X, **self._row_checks(), reset=False)
        return as_samples(X, self.scaling_)

    def _prediction_threads(self, samples: Samples) -> int:
        n_rows = samples.shape[0]
        return self.n_threads or threads_for(self.n_connections_, n_rows)
