"""A small character transformer whose MLPs are 5 % dense, by several ways to evolve them.

Learns Python from the sources of Python's own standard library, and is judged by modules it has not
seen: nats per character, the lower the better. ``pip install "ctre[torch]"``, then
``python examples/character_transformer.py``: a few minutes on two cores.
"""

from __future__ import annotations

import argparse
import ast
import math
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from ctre.torch import Evolution, sparsify_

LEARNED = (
    "argparse", "ast", "dataclasses", "datetime", "decimal", "difflib", "doctest", "inspect",
    "ipaddress", "pathlib", "pdb", "pickle", "statistics", "subprocess", "tarfile", "typing",
)  # fmt: skip
JUDGED = ("optparse", "random", "shutil", "zipfile")
CONTEXT, WIDTH, N_HEADS, N_BLOCKS, BATCH = 64, 128, 4, 2, 16


class Block(nn.Module):
    """Attention, then an MLP, each beside a residual."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.attention = nn.ModuleDict(
            {"in": nn.Linear(WIDTH, 3 * WIDTH), "out": nn.Linear(WIDTH, WIDTH)}
        )
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (n_rows, n_characters, WIDTH) to the same."""
        parts = self.attention["in"](self.norms[0](x)).chunk(3, dim=-1)
        heads = [part.unflatten(-1, (N_HEADS, -1)).transpose(1, 2) for part in parts]
        seen = functional.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.attention["out"](seen.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norms[1](x))


class Transformer(nn.Module):
    """Scores of the next character at every place."""

    def __init__(self, n_characters: int) -> None:
        super().__init__()
        self.embed, self.place = nn.Embedding(n_characters, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(N_BLOCKS)))
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, n_characters))

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Map characters (n_rows, n_characters) to scores (n_rows, n_characters, n_scores)."""
        return self.head(self.blocks(self.embed(text) + self.place.weight[: text.shape[1]]))


def source_of(modules: tuple[str, ...]) -> str:
    """Read modules of the standard library, as ASCII."""
    folder = Path(ast.__file__).parent
    paths = [folder / f"{name}.py" for name in modules]
    return "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())


def windows(text: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Cut ``count`` random pieces of CONTEXT + 1 characters."""
    begin = torch.randint(len(text) - CONTEXT - 1, (count, 1), generator=generator)
    return text[begin + torch.arange(CONTEXT + 1)]


def loss_of(model: nn.Module, piece: torch.Tensor) -> torch.Tensor:
    """Nats per character."""
    return functional.cross_entropy(model(piece[:, :-1]).flatten(0, 1), piece[:, 1:].flatten())


def train(
    method: str, texts: tuple[torch.Tensor, torch.Tensor], n_steps: int, seed: int
) -> tuple[float, int, float]:
    """Train one model; give its loss on unseen text, its weights, and the seconds it took."""
    learned, judged = texts
    torch.manual_seed(seed)
    model = Transformer(128)
    if method != "dense":
        sparsify_(model, 0.05, skip=("head", "blocks.*.attention"))
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=n_steps)
    evolution = None
    if method != "dense":
        evolution = Evolution(
            model, optimizer, method, update_interval=max(1, n_steps // 20), update_until=0.75,
            n_steps=n_steps, drop_fraction_schedule="cosine", seed=seed,
        )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    started = time.perf_counter()
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model, windows(learned, BATCH, generator)).backward()
        optimizer.step()
        schedule.step()
        if evolution is not None:
            evolution.step()
    took = time.perf_counter() - started
    model.eval()
    generator.manual_seed(0)
    with torch.no_grad():
        losses = [loss_of(model, windows(judged, 64, generator)).item() for _ in range(16)]
    n_mlp = sum(p.numel() for name, p in model.named_parameters() if ".mlp." in name)
    return math.fsum(losses) / len(losses), n_mlp, took


def main() -> None:
    """Print a line for each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--methods", nargs="+", default=["dense", "static", "set", "rigl", "ctre-sim"]
    )
    chosen = parser.parse_args()
    texts = tuple(
        torch.tensor(list(source_of(names).encode("ascii", "replace")))
        for names in (LEARNED, JUDGED)
    )
    print(f"{len(texts[0])} characters to learn, {chosen.steps} steps of {BATCH} x {CONTEXT}")
    for method in chosen.methods:
        for seed in range(chosen.seeds):
            loss, n_mlp, took = train(method, texts, chosen.steps, seed)
            print(
                f"{method:10} seed {seed}  {loss:.3f} nats a character  "
                f"{n_mlp:7} parameters in MLPs  {took:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
