"""``onnx:model.onnx``: a graph that ONNX Runtime runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from tellmark.errors import InvalidInput, ModelError, NotPerturbable
from tellmark.models.answers import answers_from_labels, answers_from_scores, first_line, refusal_named
from tellmark.models.base import Answers, Model, ModelInfo, Noise, Parameter
from tellmark.models.batching import GPU_INPUTS, Batcher, Room, estimated_from_input
from tellmark.models.onnx.file import digest_model, read_structure, read_whole
from tellmark.models.onnx.signature import classes_of, input_of, output_of, renamed
from tellmark.models.onnx.weights import Arrays, weights_of, with_weights_as_inputs
from tellmark.models.perturbing import add_noise, root_mean_square
from tellmark.models.scratch import Scratch, answering
from tellmark.models.spec import ModelSpec
from tellmark.types import Batch

_QUIET = 3
"""Severity from which ONNX Runtime writes to standard error; what fails is raised anyway."""


@dataclass(frozen=True)
class _Perturbing:
    """A session that takes the weights with every call, and two sets of them."""

    session: InferenceSession
    weights: Arrays
    scratch: Arrays


class OnnxModel:
    """A graph with one input and an output of scores or labels.

    Images and table rows are converted to the type and rank of the graph's input. Where the spec is silent,
    the layout follows the input's shape, and an input of integers gets raw pixels.

    The first perturbation opens a second session that holds no weights but takes them with every call, so
    that no session is built per copy. Its weights and the noisy ones are kept beside those of the first.

    Parameters
    ----------
    spec : ModelSpec
        Whose target is the file.

    Raises
    ------
    TellmarkError
        If the file is missing, unsafe, damaged or no classifier.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self._path = Path(spec.target)
        structure = read_structure(self._path)
        self._named = classes_of(structure)
        self._providers = _providers(spec.device)
        self._session = _session(str(self._path), self._providers, self._path)
        self._input, self._output = input_of(self._session), output_of(self._session)
        self.info = ModelInfo(
            "onnx",
            digest_model(self._path, structure),
            renamed(self._named, spec.classes),
            spec.preprocessing or self._input.default_preprocessing(),
        )
        on_gpu = self._providers[0] != "CPUExecutionProvider"
        self._batcher = Batcher(
            estimated_from_input,
            room=Room(working_set=None, most=GPU_INPUTS) if on_gpu else Room(),
            bounds=self._input.bounds,
            size=spec.batch_size,
        )
        self._scratch = Scratch(self._perturbing)

    def __repr__(self) -> str:
        return f"OnnxModel({self._path.name})"

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        return self._answers(self._session, {}, batch)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The graph's floating-point initialisers that are weights; statistics and single numbers are not."""
        return tuple(
            Parameter(name, array.shape, root_mean_square(array.reshape(-1))) for name, array in self._parts[0].items()
        )

    @contextmanager
    def perturbed(self, noise: Noise) -> Iterator[Model]:
        """A noisy copy; see `tellmark.models.base.PerturbableModel.perturbed`."""
        with self._scratch.lent() as twin:
            for parameter in self.parameters:
                source, target = twin.weights[parameter.name], twin.scratch[parameter.name]
                add_noise(source.reshape(-1), noise, parameter, target.reshape(-1))
            with answering(self.info, lambda batch: self._answers(twin.session, twin.scratch, batch)) as model:
                yield model

    @cached_property
    def _parts(self) -> tuple[Arrays, bytes]:
        """The weights, and the graph without them."""
        graph = read_whole(self._path)
        weights = weights_of(graph)
        return weights, with_weights_as_inputs(graph, weights).SerializeToString()

    def _perturbing(self) -> _Perturbing:
        weights, graph = self._parts
        try:
            session = _session(graph, self._providers, self._path)
        except (ModelError, ValueError) as error:
            raise NotPerturbable(f"{self._path} cannot take its weights from outside: {first_line(error)}") from error
        return _Perturbing(session, weights, {name: np.empty_like(array) for name, array in weights.items()})

    def _answers(self, session: InferenceSession, weights: Mapping[str, NDArray[Any]], batch: Batch) -> Answers:
        return self._batcher.answer(lambda piece: self._ask(session, weights, piece), batch)

    def _ask(self, session: InferenceSession, weights: Mapping[str, NDArray[Any]], piece: Batch) -> Answers:
        name, classes = self._path.name, self.info.classes
        preprocessing = self.info.preprocessing
        assert preprocessing is not None
        with refusal_named(name, piece):
            feed = {self._input.name: self._input.feed(piece, preprocessing), **weights}
            output = np.asarray(session.run([self._output.name], feed)[0])
        if self._output.holds == "scores":
            return answers_from_scores(output, asked=len(piece), model=name)
        if self._named is not None:
            output, classes = output.astype(str), self._named
        return answers_from_labels(output, asked=len(piece), model=name, classes=classes)


def from_spec(spec: ModelSpec) -> OnnxModel:
    """Load the graph that the spec names; see `OnnxModel`."""
    spec.allow()
    return OnnxModel(spec)


def _session(model: str | bytes, providers: list[Any], path: Path) -> InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    # The variable that also governs PyTorch and NumPy; 0 leaves it to the runtime.
    threads = os.environ.get("OMP_NUM_THREADS", "0")
    options.intra_op_num_threads = int(threads) if threads.isdigit() else 0
    try:
        return InferenceSession(model, options, providers=providers)
    except Exception as error:
        raise ModelError(f"ONNX Runtime cannot load {path}: {first_line(error)}") from error


def _providers(device: str | None) -> list[Any]:
    available = onnxruntime.get_available_providers()
    has_gpu = "CUDAExecutionProvider" in available
    kind, _, number = (device or ("cuda" if has_gpu else "cpu")).partition(":")
    if kind == "cpu":
        return ["CPUExecutionProvider"]
    if kind != "cuda" or not has_gpu or not (number or "0").isdigit():
        raise InvalidInput(f"ONNX Runtime has no device {device!r} here; use device=cpu")
    return [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]
