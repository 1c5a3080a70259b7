"""The model behind LitServe: ``litserve_server.py MODEL.skops PORT``. One row a request, its label in the answer."""

from __future__ import annotations

import sys

import litserve  # pyright: ignore[reportMissingImports] - of the servers' environment
import numpy as np
import skops.io


class Digits(litserve.LitAPI):
    """Decodes, predicts, encodes; the form of all three is the author's."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def setup(self, device: str) -> None:
        """Load the model."""
        self.model = skops.io.load(self._path)

    def decode_request(self, request: dict, **_: object) -> np.ndarray:
        """The row under ``input``."""
        return np.array([request["input"]], dtype=np.float64)

    def predict(self, x: np.ndarray, **_: object) -> int:
        """Its class."""
        return int(self.model.predict(x)[0])

    def encode_response(self, output: int, **_: object) -> dict:
        """The class under ``label``."""
        return {"label": output}


if __name__ == "__main__":
    server = litserve.LitServer(Digits(sys.argv[1]), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
