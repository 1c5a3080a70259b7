"""How a suspect behind a network is asked, and how its answers are to be read."""

from __future__ import annotations

from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tellmark.models.http.jsonpath import parse_path
from tellmark.models.http.plain_secrets import check_fields, check_headers, check_url
from tellmark.models.http.secrets import PLACEHOLDER
from tellmark.models.preprocessing import Preprocessing
from tellmark.types import Json

ProtocolName = Literal["kserve", "mlflow", "hf", "tfserving", "torchserve", "vertex", "sagemaker", "rest"]
PROTOCOLS: tuple[ProtocolName, ...] = get_args(ProtocolName)

Encoding = Literal["png", "jpeg", "base64-png", "base64-jpeg", "nested", "row", "row-named", "text"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Input(_Table):
    """How one input is written.

    Attributes
    ----------
    encoding : str or None
        ``png``, ``jpeg``: an image file; with ``base64-`` before it, that file as text. ``nested``: an image as nested
        lists, whole pixel levels unless `preprocessing` says otherwise. ``row``: a list of numbers; ``row-named``: an
        object with one number for each of `columns`. ``text``: a string. None leaves it to the protocol.
    quality : int
        Of JPEG, 1 to 100. JPEG changes pixels: use it only where the suspect takes nothing else.
    preprocessing : Preprocessing or None
        For ``nested`` and ``row`` images.
    field : str or None
        Name of the file's field: the request is then a form (``multipart/form-data``).
    form : dict of str
        The form's other fields.
    columns : tuple of str or None
        Column names of table rows, in the order of the data.
    """

    encoding: Encoding | None = None
    quality: int = Field(default=95, ge=1, le=100)
    preprocessing: Preprocessing | None = None
    field: str | None = Field(default=None, min_length=1)
    form: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] | None = None

    @field_validator("form")
    @classmethod
    def _holds_no_secret(cls, form: dict[str, str]) -> dict[str, str]:
        check_fields(form)
        return form

    @model_validator(mode="after")
    def _fits_together(self) -> Input:
        if self.encoding == "row-named" and not self.columns:
            raise ValueError("rows with names need their columns, such as columns = ['age', 'income']")
        if self.form and self.field is None:
            raise ValueError("a form needs the name of the input's field, such as field = 'image'")
        return self


class Answer(_Table):
    """Where in the response the answer is; each a path such as ``$.result[0].label``.

    Attributes
    ----------
    each : str or None
        The answers to several inputs, one match for each in their order; the other paths then start at each of them.
    label : str or None
        A class index or a class name.
    scores : str or None
        A list of one score for each class, or an object with a score for each class name.
    names : str or None
        The class names that belong to a list of `scores`.
    top : str or None
        A list of objects, each with a class name and a score.
    label_key, score_key : str
        What these are called in the objects of `top`.
    value : str or None
        Any of these, told by its form. Used with the path ``$`` where no other is given.
    numbers : str or None
        Whether labels that are numbers are ``positions`` or ``names``; None takes names where the class names are
        numbers.
    """

    each: str | None = None
    label: str | None = None
    scores: str | None = None
    names: str | None = None
    top: str | None = None
    label_key: str = "label"
    score_key: str = "score"
    value: str | None = None
    numbers: Literal["positions", "names"] | None = None

    @field_validator("each", "label", "scores", "names", "top", "value")
    @classmethod
    def _is_a_path(cls, path: str | None) -> str | None:
        if path is not None:
            parse_path(path)
        return path

    @model_validator(mode="after")
    def _says_one_thing(self) -> Answer:
        given = [key for key in ("label", "scores", "top", "value") if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other: keep the one that tells most")
        if self.names is not None and self.scores is None:
            raise ValueError("names belong to scores: say where these are")
        return self


class Manners(_Table):
    """How the suspect is treated.

    Attributes
    ----------
    rate : float or None
        Most requests per second, evenly spaced; None asks as fast as it answers.
    concurrency : int
        Most requests at one time.
    timeout : float
        Seconds that one request may take in all, from connecting to the last byte.
    retries : int
        How often a request is repeated after a failure that may pass.
    longest_wait : float
        Seconds. A suspect that asks to wait longer is taken to have no queries left.
    cost_per_query : float
        Money, in any currency.
    max_queries : int or None
        The budget.
    """

    rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    concurrency: int = Field(default=1, ge=1, le=64)
    timeout: float = Field(default=30.0, gt=0, le=3600, allow_inf_nan=False)
    retries: int = Field(default=4, ge=0, le=100)
    longest_wait: float = Field(default=300.0, ge=0, allow_inf_nan=False)
    cost_per_query: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    max_queries: int | None = Field(default=None, ge=1)


class Safety(_Table):
    """What the suspect is not allowed.

    Attributes
    ----------
    max_body_bytes : int
        Longest response, before and after decompression.
    private_redirects : bool
        Whether a public suspect may redirect to private addresses.
    verify_tls : bool
        Whether its certificate must be valid.
    proxy : str or None
        URL of a proxy; none is ever taken from the environment. Behind a proxy the addresses of redirects are not seen.
    """

    max_body_bytes: int = Field(default=16 << 20, ge=1)
    private_redirects: bool = False
    verify_tls: bool = True
    proxy: str | None = None

    @field_validator("proxy")
    @classmethod
    def _is_a_url(cls, proxy: str | None) -> str | None:
        return None if proxy is None else checked_url(proxy)


class SuspectDescription(_Table):
    """Everything that is known of a suspect behind a network.

    ``${env:NAME}`` and ``${keyring:SERVICE/USER}`` in `url` and `headers` stand for secrets. They are looked up when a
    request is sent and kept nowhere.

    Attributes
    ----------
    protocol : str
        Which server it is.
    url : str
    method : str
    headers : dict of str
    input : Input
    body : JSON or None
        Template of the request: the string ``{{input}}`` stands for one input, ``{{inputs}}`` for the list of a batch.
        None sends the bare input.
    batch : int or None
        Most inputs per request; None leaves it to the protocol.
    answer : Answer
    classes : tuple of str or None
        The suspect's class names in the order of its output.
    aliases : dict of str
        From the suspect's class names to those of the data or mark.
    options : dict of str
        What only this protocol understands.
    manners : Manners
    safety : Safety
    """

    protocol: ProtocolName = "rest"
    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    input: Input = Field(default_factory=Input)
    body: Json = None
    batch: Annotated[int, Field(ge=1, le=10_000)] | None = None
    answer: Answer = Field(default_factory=Answer)
    classes: tuple[str, ...] | None = None
    aliases: dict[str, str] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    manners: Manners = Field(default_factory=Manners)
    safety: Safety = Field(default_factory=Safety)

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("headers")
    @classmethod
    def _holds_no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        check_headers(headers)
        return headers

    @field_validator("body")
    @classmethod
    def _body_holds_no_secret(cls, body: Json) -> Json:
        check_fields(body)
        return body

    @field_validator("classes")
    @classmethod
    def _are_distinct(cls, classes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if classes is not None and (len(classes) < 2 or len(set(classes)) < len(classes)):
            raise ValueError("at least two different names are needed")
        return classes


def checked_url(url: str) -> str:
    """`url`, or a `ValueError` that says what it lacks."""
    try:
        parts = urlsplit(PLACEHOLDER.sub("secret", url))
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"this is no URL ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL starts with http:// or https:// and a host")
    check_url(url)
    return url


def strings_in(document: Json) -> list[str]:
    """Every string in a JSON value, keys left out."""
    if isinstance(document, str):
        return [document]
    values = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return [text for value in values for text in strings_in(value)]
