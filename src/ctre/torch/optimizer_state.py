"""What an optimizer remembers of each connection moves with the connection."""

from __future__ import annotations

from collections.abc import Callable

import torch


def carry_state(
    optimizer: torch.optim.Optimizer,
    parameter: torch.nn.Parameter,
    shape: torch.Size,
    carry: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    """Carry every state tensor of a parameter's shape over; others, such as the step, stay.

    Parameters
    ----------
    optimizer
        Momentum, moments and sums of squares are recognized by their shape alone, so that any
        optimizer will do which keeps them so.
    parameter
        Whose state it is.
    shape
        What it had before the change.
    carry
        From a tensor of the old connections to a new one of the new connections.
    """
    state = optimizer.state.get(parameter, {})
    for name, value in state.items():
        if isinstance(value, torch.Tensor) and value.shape == shape:
            carried = carry(value)
            if carried.shape == shape:
                value.copy_(carried)
            else:
                state[name] = carried
