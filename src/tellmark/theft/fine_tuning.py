"""Go on training the source itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tellmark.theft.base import Access, ThiefData
from tellmark.theft.training import Training, train
from tellmark.theft.weights import copy_of

if TYPE_CHECKING:
    from torch import nn

_GENTLE = Training(epochs=10, learning_rate=1e-3, schedule="cosine")


@dataclass(frozen=True)
class FineTune:
    """Train all layers of a copy of the source further, on labelled data (Adi et al., 2018: "FTAL").

    Attributes
    ----------
    training : Training
        A learning rate below the one that made the source, as one that wants to keep its accuracy would take.

    References
    ----------
    Y. Adi, C. Baum, M. Cisse, B. Pinkas, J. Keshet. Turning your weakness into a strength: watermarking deep
    neural networks by backdooring. USENIX Security 2018.
    """

    training: Training = _GENTLE

    name: ClassVar[str] = "fine-tune"
    access: ClassVar[Access] = "weights"

    def steal(self, source: nn.Module, data: ThiefData, *, seed: int) -> nn.Module:
        """Fine-tune a copy on the thief's labels."""
        from torch.nn import functional

        labels = data.true_labels(self.name)
        network = copy_of(source)
        train(network, data.inputs, labels, loss=functional.cross_entropy, training=self.training, seed=seed)
        return network
