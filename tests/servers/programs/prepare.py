"""Puts a scikit-learn model into the forms that MLflow and MLServer serve: ``prepare.py MODEL.skops FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
import mlflow.sklearn  # pyright: ignore[reportMissingImports] - of the servers' environment
import skops.io


def main(model: Path, folder: Path) -> None:
    """Write ``mlflow/`` and ``mlserver/`` below `folder`."""
    estimator = skops.io.load(model)
    # A model's environment is not to be looked up: it is served in this one.
    mlflow.sklearn.save_model(estimator, folder / "mlflow", pip_requirements=["scikit-learn"], skops_trusted_types=[])
    target = folder / "mlserver"
    target.mkdir()
    joblib.dump(estimator, target / "model.joblib")
    settings = {
        "name": "digits",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib"},
    }
    (target / "model-settings.json").write_text(json.dumps(settings), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
