"""Finished shadows on disk, so that a killed run goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tellmark.digests import digest_json
from tellmark.errors import FileError, ModelError
from tellmark.files import open_to_read, replacing
from tellmark.proxies.thefts import Theft, TheftFamilyName
from tellmark.proxies.victims import Victim
from tellmark.randomness import derive_key

if TYPE_CHECKING:
    from torch import Tensor, nn

_FORMAT = "tellmark.shadow/1"
_DIGITS = 32
_PROCEDURE = 1
"""Raised when a change to how shadows are made changes the weights that come out."""


@dataclass(frozen=True)
class ShadowFiles:
    """A folder for the finished shadows of one family; created for its owner alone where it is not there yet.

    Raises
    ------
    FileError
        If it cannot be created.
    """

    folder: Path
    family: TheftFamilyName
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "failed").lower()
            raise FileError(f"cannot create the folder {self.folder}: {reason}") from error

    def path(self, victim: Victim, theft: Theft, number: int) -> Path:
        """Where the shadow is kept: its name tells everything that its weights depend on from everything else."""
        depends_on = {
            "procedure": _PROCEDURE,
            "family": self.family,
            "key": derive_key(self.key, "shadows/identity").hex(),
            "theft": [repr(theft.attack), theft.seed.to_bytes(8, "big").hex()],
            "victim": victim.identity,
        }
        digest = digest_json(depends_on).removeprefix("sha256:")[:_DIGITS]
        return self.folder / f"{self.family}-{number:03d}-{digest}.safetensors"


def write_shadow(path: Path, network: nn.Module) -> None:
    """Keep the weights of `network`, readable by their owner alone.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from safetensors.torch import save

    from tellmark.models.torch.tensors import digest_tensors

    tensors = _tensors(network)
    content = save(tensors, {_FORMAT: digest_tensors(tensors)})
    with replacing(path, mode=0o600) as file:
        file.write(content)


def read_shadow(path: Path, network: nn.Module) -> bool:
    """Load the weights at `path` into `network`, if they are there, undamaged and its own.

    Returns
    -------
    bool
        Whether they were; otherwise `network` is as it was.

    Raises
    ------
    FileError
        If the file is there and may not be read.
    """
    from tellmark.models.torch.weights import fit_weights

    if not path.exists():
        return False
    with open_to_read(path) as file:
        tensors = _undamaged(file.read())
    if tensors is None:
        return False
    try:
        fit_weights(network, tensors, name="this shadow's factory", path=path)
    except ModelError:
        return False
    return True


def _undamaged(content: bytes) -> dict[str, Tensor] | None:
    """The tensors of a file whose digest is the one that was written with them."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    from tellmark.models.torch.tensors import digest_tensors

    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError):
        return None
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    written = header.get("__metadata__", {})
    return tensors if written == {_FORMAT: digest_tensors(tensors)} else None


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    """Every tensor of the state as one of its own: tied ones are written for each of their names."""
    import torch

    state = network.state_dict().items()
    return {name: one.detach().cpu().contiguous().clone() for name, one in state if isinstance(one, torch.Tensor)}
