"""A PyTorch module as a model that answers and can be perturbed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tellmark.errors import ModelError
from tellmark.models.answers import answers_from_scores, refusal_named
from tellmark.models.base import Answers, Model, ModelInfo, Noise, Parameter
from tellmark.models.batching import Batcher, Bounds
from tellmark.models.inputs import as_numbers, is_text
from tellmark.models.perturbing import chunks, root_mean_square
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.scratch import Scratch, answering
from tellmark.models.spec import ModelSpec
from tellmark.models.torch.devices import resolve_device, room_on
from tellmark.models.torch.folding import Fold, computes_the_same, foldable, put_back, take_out
from tellmark.models.torch.footprint import activation_bytes
from tellmark.models.torch.in_place import overwriting
from tellmark.models.torch.memory_format import takes_channels_last
from tellmark.models.torch.rough import can_be_rough, doubt_of, in_doubt, roughly
from tellmark.models.torch.tensors import digest_tensors
from tellmark.types import Batch, Labels

_TRIED = 32
"""Of the first inputs, how many try the folds and the rough arithmetic."""


@dataclass
class _Twin:
    """The copy that noise is added to.

    Attributes
    ----------
    module : nn.Module
    quick : nn.Module
        The same network on the same weights, arranged to answer faster; `module` itself once it was found wanting.
    pairs : tuple
        Each noisy parameter: what is known of it, the source's, the copy's.
    folds : tuple of Fold
        What `module` and `quick` rely on.
    tried : bool
        Whether `quick` was compared with the source.
    doubt : float or None
        Where labels alone are wanted `quick` may be asked in bfloat16 first, and again where the two best scores
        are within this of each other; None where it may not.
    """

    module: nn.Module
    quick: nn.Module
    pairs: tuple[tuple[Parameter, nn.Parameter, nn.Parameter], ...]
    folds: tuple[Fold, ...]
    tried: bool = False
    doubt: float | None = None


class TorchModel:
    """A module in inference mode.

    Parameters
    ----------
    module : nn.Module
        Ready to answer, on `device`. Its ``forward`` gets a float tensor: images as the preprocessing makes
        them, or table rows ``(n, columns)``; or a list of ``str``. It returns scores ``(n, classes)``, bare or
        as the first of a tuple or under ``logits``. It is never changed.
    name : str
        What errors call it.
    kind : str
    classes : tuple of str or None
    preprocessing : Preprocessing or None
        For images; the defaults of `Preprocessing` where None.
    device : torch.device
    bounds : Bounds or None
        How many inputs at a time `module` takes.
    batch_size : int or None
        None chooses it by memory.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str,
        device: torch.device,
        kind: str = "torch",
        classes: tuple[str, ...] | None = None,
        preprocessing: Preprocessing | None = None,
        bounds: Bounds | None = None,
        batch_size: int | None = None,
    ) -> None:
        self._preprocessing = preprocessing or Preprocessing()
        self.info = ModelInfo(kind, digest_tensors(module.state_dict()), classes, self._preprocessing)
        self._module = module
        self._name = name
        self._device = device
        self._dtype = _floating_dtype(module)
        self._fewest = bounds.lowest if bounds else 1
        self._batcher = Batcher(self._footprint, room=room_on(device), bounds=bounds, size=batch_size)
        self._scratch = Scratch(self._make_twin)
        self._channels_last: bool | None = None  # decided when the first images come

    def __repr__(self) -> str:
        return f"TorchModel({self._name}, device={str(self._device)!r})"

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        return self._answers(self._module, batch)

    @property
    def module(self) -> nn.Module:
        """The module that answers: to be copied, not to be changed."""
        return self._module

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every floating-point parameter of the module, tied ones once."""
        return tuple(
            Parameter(name, tuple(tensor.shape), root_mean_square(_as_array(tensor)))
            for name, tensor in _noisy_parameters(self._module).items()
        )

    @contextmanager
    def perturbed(self, noise: Noise) -> Iterator[Model]:
        """A noisy copy; see `tellmark.models.base.PerturbableModel.perturbed`."""
        with self._scratch.lent() as twin:
            self._fill(twin, noise)

            def ask(batch: Batch) -> Answers:
                self._try_quick(twin, noise, batch)
                return self._answers(twin.quick, batch)

            def label(batch: Batch) -> Labels:
                self._try_quick(twin, noise, batch)
                return self._labels(twin, batch)

            with answering(self.info, ask, label=label) as model:
                yield model

    def _make_twin(self) -> _Twin:
        twin = _twin(self._module)
        sources, targets = _noisy_parameters(self._module), _noisy_parameters(twin)
        pairs = tuple((one, sources[one.name], targets[one.name]) for one in self.parameters)
        folds = take_out(twin, foldable(self._module))
        return _Twin(twin, overwriting(twin), pairs, folds)

    @torch.no_grad()
    def _fill(self, twin: _Twin, noise: Noise) -> None:
        for parameter, source, target in twin.pairs:
            target.copy_(source)
            flat = target.view(-1)
            for start, stop in chunks(parameter.size):
                piece = np.require(noise(parameter, start, stop), np.float32, ["C", "W"])
                # In place: half precision is widened for the sum and rounded once.
                flat[start:stop].add_(torch.from_numpy(piece).to(self._device))
        for fold in twin.folds:
            fold.apply()

    def _try_quick(self, twin: _Twin, noise: Noise, batch: Batch) -> None:
        """With the first inputs, find out whether the quick twin without noise answers as the source does."""
        if twin.tried or len(batch) == 0:
            return
        twin.tried = True
        with refusal_named(self._name, batch[:_TRIED]):
            inputs = self._as_input(batch[:_TRIED])
        self._fill(twin, _no_noise)
        if not computes_the_same(twin.quick, self._module, inputs):
            put_back(twin.module, twin.folds)
            twin.folds, twin.quick = (), twin.module
        self._fill(twin, noise)
        twin.doubt = self._doubt(twin.quick, batch[:_TRIED])

    def _doubt(self, network: nn.Module, batch: Batch) -> float | None:
        if not can_be_rough(self._module, self._device):
            return None
        exact = self._answers(network, batch).scores
        try:
            with roughly():
                rough = self._answers(network, batch).scores
        except ModelError:  # a network that sets precisions itself
            return None
        return None if rough is None or exact is None else doubt_of(rough, exact)

    def _labels(self, twin: _Twin, batch: Batch) -> Labels:
        """Labels of the quick twin, most of them found in bfloat16 where it is worth it."""
        if twin.doubt is None:
            return self._answers(twin.quick, batch).labels
        with roughly():
            answers = self._answers(twin.quick, batch)
        assert answers.scores is not None
        doubtful = in_doubt(answers.scores, twin.doubt)
        answers.labels[doubtful] = self._answers(twin.quick, batch[doubtful]).labels
        return answers.labels

    def _answers(self, module: nn.Module, batch: Batch) -> Answers:
        return self._batcher.answer(lambda piece: self._ask(module, piece), batch)

    def _ask(self, module: nn.Module, piece: Batch) -> Answers:
        with refusal_named(self._name, piece), torch.inference_mode():
            output = module(self._as_input(piece))
            scores = scores_of(output, self._name).float().cpu().numpy()
        return answers_from_scores(scores, asked=len(piece), model=self._name)

    def _as_input(self, piece: Batch) -> torch.Tensor | list[str]:
        if is_text(piece):
            return list(piece)
        numbers = torch.from_numpy(np.ascontiguousarray(as_numbers(piece, self._preprocessing)))
        inputs = numbers.to(device=self._device, dtype=self._dtype)
        if self._channels_last is None:
            self._channels_last = takes_channels_last(self._module, inputs)
        return inputs.contiguous(memory_format=torch.channels_last) if self._channels_last else inputs

    def _footprint(self, batch: Batch) -> int:
        few = batch[:1].repeat(self._fewest, axis=0)
        with refusal_named(self._name, few):
            return activation_bytes(self._module, self._as_input(few)) // self._fewest


def from_module(module: nn.Module, spec: ModelSpec) -> TorchModel:
    """A model that shares its weights with `module`, and leaves it as it is.

    Where the spec names no device it stays where its weights are.

    Raises
    ------
    ModelError
        If the module's structure cannot be copied.
    """
    first = next(iter(module.parameters()), None)
    device = resolve_device(spec.device) if spec.device is not None or first is None else first.device
    return TorchModel(
        _view(module, device),
        name=type(module).__name__,
        device=device,
        classes=spec.classes,
        preprocessing=spec.preprocessing,
        batch_size=spec.batch_size,
    )


def _view(module: nn.Module, device: torch.device) -> nn.Module:
    """The same tensors in a structure of their own, in evaluation mode; moved tensors are copies."""
    shared: dict[int, Any] = {}
    for tensor in module.parameters():
        same = tensor.device == device
        shared[id(tensor)] = tensor if same else nn.Parameter(tensor.detach().to(device), tensor.requires_grad)
    for tensor in module.buffers():
        shared[id(tensor)] = tensor if tensor.device == device else tensor.detach().to(device)
    return _copied(module, shared).eval()


def _twin(module: nn.Module) -> nn.Module:
    """A copy with contiguous parameters of its own; everything else that is a tensor is shared."""
    memo: dict[int, Any] = {id(tensor): tensor for tensor in (*module.buffers(), *module.parameters())}
    own = {
        _place(tensor): nn.Parameter(
            torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device), requires_grad=False
        )
        for tensor in _noisy_parameters(module).values()
    }
    memo |= {id(tensor): own[_place(tensor)] for tensor in module.parameters() if _place(tensor) in own}
    return _copied(module, memo)


def _copied(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    try:
        with warnings.catch_warnings():
            # PyTorch's own copying of an exported graph makes an object that PyTorch deprecates.
            warnings.simplefilter("ignore", FutureWarning)
            return copy.deepcopy(module, memo)
    except Exception as error:
        raise ModelError(f"the module {type(module).__name__} cannot be copied: {error}") from error


def _noisy_parameters(module: nn.Module) -> dict[str, nn.Parameter]:
    """By name; of several that are one tensor the first, even if a file has made them separate objects."""
    found: dict[Hashable, tuple[str, nn.Parameter]] = {}
    for name, tensor in module.named_parameters():
        if tensor.is_floating_point():
            found.setdefault(_place(tensor), (name, tensor))
    return dict(found.values())


def _place(tensor: torch.Tensor) -> Hashable:
    """The same for two parameters that are the same numbers in memory."""
    if tensor.numel() == 0:
        return id(tensor)
    return tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride()


def _no_noise(_parameter: Parameter, start: int, stop: int, /) -> NDArray[np.float32]:
    return np.zeros(stop - start, np.float32)


def _floating_dtype(module: nn.Module) -> torch.dtype:
    return next((tensor.dtype for tensor in module.parameters() if tensor.is_floating_point()), torch.float32)


def _as_array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """Flat values; bfloat16, which NumPy lacks, widened to float32."""
    flat = tensor.detach().reshape(-1).cpu()
    return (flat.float() if flat.dtype == torch.bfloat16 else flat).numpy()


def scores_of(output: object, name: str = "the network") -> torch.Tensor:
    """The scores in what ``forward`` returned: a tensor, the first of a tuple, or ``logits``."""
    if isinstance(output, Mapping):
        output = cast("Mapping[str, object]", output).get("logits", output)
    elif not isinstance(output, torch.Tensor):
        output = getattr(output, "logits", output[0] if isinstance(output, (tuple, list)) and output else output)
    if not isinstance(output, torch.Tensor):
        raise ModelError(f"{name} returns a {type(output).__name__}, not a tensor of scores (inputs, classes)")
    return output
