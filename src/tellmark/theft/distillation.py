"""Train a new network on the source's scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from tellmark.errors import InvalidInput
from tellmark.theft.base import Access, ThiefData
from tellmark.theft.training import Training, seeded, train
from tellmark.theft.weights import copy_of

if TYPE_CHECKING:
    from torch import Tensor, nn

_QUERY_BATCH = 512


@dataclass(frozen=True)
class Distil:
    """Train a student on the scores that the source gives to the thief's inputs (Hinton et al., 2015).

    The thief sees inputs and scores, no weights and no true labels; each input is asked once. Where the
    training shifts images, the scores of the unshifted one serve.

    Attributes
    ----------
    student : callable
        Makes the untrained student. A frozen dataclass with `__call__` reads better in the `repr` than a function.
    temperature : float
        T > 0: the loss is T² times the Kullback-Leibler divergence between source and student, both softened
        by T. Log-probabilities serve as well as logits.
    training : Training

    Raises
    ------
    InvalidInput
        If the temperature is not above 0.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean. Distilling the knowledge in a neural network. 2015. arXiv 1503.02531
    """

    student: Callable[[], nn.Module]
    temperature: float = 4.0
    training: Training = field(default_factory=Training)

    name: ClassVar[str] = "distil"
    access: ClassVar[Access] = "scores"

    def __post_init__(self) -> None:
        if not 0 < self.temperature < float("inf"):
            raise InvalidInput(f"the temperature must be above 0, not {self.temperature}")

    def steal(self, source: nn.Module, data: ThiefData, *, seed: int) -> nn.Module:
        """Ask the source once per input, and train a student on its scores."""
        scores = _scores(source, data.inputs)
        with seeded(seed):
            student = self.student().to(scores.device)
        train(student, data.inputs, scores, loss=self._divergence, training=self.training, seed=seed)
        return student

    def _divergence(self, logits: Tensor, scores: Tensor) -> Tensor:
        from torch.nn import functional

        student = functional.log_softmax(logits / self.temperature, dim=1)
        source = functional.log_softmax(scores / self.temperature, dim=1)
        return self.temperature**2 * functional.kl_div(student, source, reduction="batchmean", log_target=True)


def _scores(source: nn.Module, inputs: Tensor) -> Tensor:
    """The source's logits, shape (n, n_classes), on its device."""
    import torch

    answering = copy_of(source)  # the source itself may be in training mode, where a query changes its buffers
    device = next(answering.parameters()).device
    with torch.no_grad():
        return torch.cat([answering(batch.to(device)) for batch in inputs.split(_QUERY_BATCH)])
