"""The same suspect behind each server and in this process: the same answers, the same matches."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import numpy as np
import pytest

from servers.conftest import HERE, TOKEN, configured
from tellmark.api import load_model, verify
from tellmark.errors import ModelError, SuspectRefused, SuspectUnreachable
from tellmark.models.classes import aligned

PAGE = HERE.parents[1] / "docs" / "how-to" / "suspects.md"
CLASSES = tuple(map(str, range(10)))


@pytest.fixture
def inputs(files):
    """Natural rows, and every trigger."""
    return np.concatenate([files.rows[:300], files.mark.triggers.inputs(np.arange(100))])


def test_answers_are_the_same_query_for_query(files, served, inputs):
    labels = aligned(files.suspect, CLASSES).query(inputs).labels
    found = aligned(load_model(served), CLASSES).query(inputs)
    assert len(inputs) == 400
    np.testing.assert_array_equal(found.labels, labels)
    assert len(set(labels.tolist())) == 10


@pytest.mark.usefixtures("token")
def test_scores_are_the_same_where_the_server_has_them(files, mlserver, fastapi, tmp_path, inputs):
    scores = files.suspect.query(inputs).scores
    for suspect in (
        f"kserve:{mlserver}/v2/models/digits?ask_for=predict_proba",
        configured("fastapi.toml", fastapi, tmp_path),
    ):
        found = aligned(load_model(suspect), CLASSES).query(inputs).scores
        np.testing.assert_allclose(found, scores, rtol=1e-6)


@pytest.mark.parametrize("method", ["sequential", "fixed"])
def test_verification_finds_the_same_matches(files, served, method, tmp_path):
    settings = {"method": method, "null_rate": 0.3, "order_seed": 5}
    here = verify(files.mark, files.suspect, **settings)
    there = verify(files.mark, load_model(served), transcript=tmp_path / "run.jsonl", **settings)
    assert (there.verdict, there.tiers, there.e_value, there.p_value) == (
        here.verdict,
        here.tiers,
        here.e_value,
        here.p_value,
    )
    assert there.conduct.sent == there.queries
    again = verify(files.mark, load_model(f"recorded:{tmp_path / 'run.jsonl'}"), **settings)
    assert again.tiers == here.tiers
    if method == "fixed":
        assert 0 < here.matches < here.queries == 100


@pytest.mark.usefixtures("token")
def test_image_files_in_a_form(files, fastapi, tmp_path):
    rows = files.rows[:300]
    images = rows.astype(np.uint8).reshape(-1, 8, 8, 1)
    model = aligned(load_model(configured("fastapi-image.toml", fastapi, tmp_path)), CLASSES)
    np.testing.assert_array_equal(model.query(images).labels, files.suspect.query(rows).labels)


def test_a_token_is_needed_and_shown_nowhere(files, fastapi, monkeypatch, tmp_path):
    suspect = configured("fastapi.toml", fastapi, tmp_path)
    monkeypatch.setenv("DIGITS_TOKEN", f"not-{TOKEN}")
    with pytest.raises(SuspectRefused, match="credentials") as caught:
        load_model(suspect).query(files.rows[:1])
    assert TOKEN not in str(caught.value)
    monkeypatch.setenv("DIGITS_TOKEN", TOKEN)
    path = tmp_path / "run.jsonl"
    found = verify(files.mark, load_model(suspect), null_rate=0.3, transcript=path)
    assert TOKEN not in path.read_text() + str(found)


def posted(url: str, document: object, **headers: str) -> httpx2.Response:
    return httpx2.post(url, json=document, headers=headers, timeout=60)


def test_what_mlflow_does(files, mlflow):
    url, rows = f"{mlflow}/invocations", files.rows[:2].tolist()
    answer = posted(url, {"inputs": rows}).json()
    assert list(answer) == ["predictions"]
    assert all(isinstance(label, int) for label in answer["predictions"])
    twice = posted(url, {"inputs": rows, "instances": rows})
    assert twice.status_code == 400
    wrong = posted(url, {"inputs": [[1.0, 2.0]]})
    assert wrong.status_code == 400
    with pytest.raises(SuspectRefused):
        load_model(f"mlflow:{mlflow}").query(np.ones((1, 2)))


def test_what_mlserver_does(files, mlserver):
    url, rows = f"{mlserver}/v2/models/digits/infer", files.rows[:2]
    tensor = {"name": "x", "shape": [2, 64], "datatype": "FP64", "data": rows.ravel().tolist()}
    (predicted,) = posted(url, {"inputs": [tensor]}).json()["outputs"]
    assert (predicted["name"], predicted["shape"]) == ("predict", [2, 1])
    wanted = {"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}
    (scores,) = posted(url, wanted).json()["outputs"]
    assert (scores["name"], scores["shape"]) == ("predict_proba", [2, 10])
    assert posted(url, {"inputs": rows.tolist()}).status_code == 422
    narrow = {"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]}
    assert posted(url, {"inputs": [narrow]}).status_code == 500
    with pytest.raises(SuspectUnreachable, match="status 500"):
        load_model(f"kserve:{mlserver}/v2/models/digits?retries=0").query(np.ones((1, 2)))


def test_what_litserve_does(files, litserve):
    url, row = f"{litserve}/predict", files.rows[0].tolist()
    assert list(posted(url, {"input": row}).json()) == ["label"]
    assert posted(url, {"x": row}).status_code == 500
    assert posted(url, {"input": row[:2]}).status_code == 500


def test_what_fastapi_does(files, fastapi):
    url, token = f"{fastapi}/rows", f"Bearer {TOKEN}"
    assert posted(url, {"rows": files.rows[:1].tolist()}).status_code == 401
    assert posted(url, {"x": 1}, Authorization=token).status_code == 422
    assert posted(url, {"rows": [[1.0, 2.0]]}, Authorization=token).status_code == 500


def test_a_server_that_is_not_there(files):
    with pytest.raises(ModelError, match="refused"):
        load_model("mlflow:http://127.0.0.1:9?retries=0").query(files.rows[:1])


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.name)
def test_the_configurations_stand_in_the_documentation(path: Path):
    assert f"```toml\n{path.read_text(encoding='utf-8')}```" in PAGE.read_text(encoding="utf-8")


def test_the_documentation_names_the_versions_that_are_served():
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (HERE / "requirements.txt").read_text(), re.MULTILINE))
    page = PAGE.read_text(encoding="utf-8")
    for name, shown in (
        ("mlflow", "MLflow"),
        ("mlserver", "MLServer"),
        ("litserve", "LitServe"),
        ("fastapi", "FastAPI"),
    ):
        assert f"{shown} {pinned[name]}" in page
