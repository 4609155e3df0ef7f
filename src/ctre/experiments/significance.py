"""Whether two methods differ by more than chance."""

from __future__ import annotations

from math import comb
from typing import NamedTuple

from numpy.typing import ArrayLike
from scipy.stats import ks_2samp


class Significance(NamedTuple):
    """Outcome of the two-sample Kolmogorov–Smirnov test."""

    statistic: float
    """Largest distance between the two distribution functions, in [0, 1]."""
    p_value: float

    def is_distinct(self, level: float = 0.05) -> bool:
        """Tell whether chance alone is rejected: "Reject" in the paper's Table 3, else "True"."""
        return self.p_value < level


def kolmogorov_smirnov(some: ArrayLike, others: ArrayLike) -> Significance:
    """Test whether two samples come from the same continuous distribution, two-sided.

    Parameters
    ----------
    some, others : array-like of shape (n,)
        Test accuracies of two methods, one for each seed.

    References
    ----------
    .. [1] Atashgahi et al., Machine Learning, 2022, section 4.2.1, Table 3.
    """
    result = ks_2samp(some, others)
    return Significance(float(result.statistic), float(result.pvalue))


def smallest_p_value(n_some: int, n_others: int) -> float:
    """Give the p-value of two samples that do not even overlap: no test of that size goes lower.

    With three seeds on either side it is 0.1, so nothing can be told apart at the level 0.05; with
    four it is 0.029.
    """
    return 2 / comb(n_some + n_others, n_some)
