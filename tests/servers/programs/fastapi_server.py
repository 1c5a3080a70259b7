"""A classifier of one's own behind FastAPI: ``fastapi_server.py MODEL.skops PORT``.

It takes rows at ``/rows``, a PNG file at ``/image``, and wants the bearer token in ``DIGITS_TOKEN``.
"""

import io
import os
import sys
from typing import Annotated

import numpy as np
import skops.io
import uvicorn  # pyright: ignore[reportMissingImports] - of the servers' environment
from fastapi import (  # pyright: ignore[reportMissingImports]
    Depends,
    FastAPI,
    Header,
    HTTPException,
    UploadFile,
)
from PIL import Image
from pydantic import BaseModel

model = skops.io.load(sys.argv[1])


def allowed(authorization: Annotated[str, Header()] = "") -> None:
    """Turn away who has no token."""
    if authorization != f"Bearer {os.environ['DIGITS_TOKEN']}":
        raise HTTPException(401, "who are you?")


app = FastAPI(dependencies=[Depends(allowed)])


class Rows(BaseModel):
    """A batch."""

    rows: list[list[float]]


@app.post("/rows")
def of_rows(batch: Rows) -> dict:
    """The scores of each row."""
    return {"results": [{"scores": scores} for scores in model.predict_proba(np.array(batch.rows)).tolist()]}


@app.post("/image")
def of_image(file: UploadFile) -> dict:
    """The class of an image whose pixels are the row."""
    pixels = np.asarray(Image.open(io.BytesIO(file.file.read())), dtype=np.float64)
    return {"class": f"digit {model.predict(pixels.reshape(1, -1))[0]}"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
