"""A description is read from TOML or from a model's name; what is wrong in it is named by its key."""

from __future__ import annotations

import pytest

from tellmark.errors import FileError, InvalidInput
from tellmark.models.http.description import Manners
from tellmark.models.http.file import description_of, read_description
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.spec import parse_spec

WHOLE = """
url = "https://api.example.com/v1/classify"
batch = 8
classes = ["cat", "dog"]

[headers]
Authorization = "Bearer ${env:EXAMPLE_TOKEN}"

[input]
encoding = "base64-jpeg"
quality = 90

[body]
items = "{{inputs}}"

[answer]
each = "$.items[*]"
top = "$.best"

[aliases]
Katze = "cat"

[manners]
rate = 5
retries = 2

[safety]
max_body_bytes = 1000
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "suspect.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_everything_is_read(written):
    found = read_description(written(WHOLE))
    assert (found.protocol, found.url, found.batch) == ("rest", "https://api.example.com/v1/classify", 8)
    assert (found.input.encoding, found.input.quality) == ("base64-jpeg", 90)
    assert found.manners == Manners(rate=5, retries=2)
    assert found.answer.top == "$.best"
    assert found.headers == {"Authorization": "Bearer ${env:EXAMPLE_TOKEN}"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("rate = 5", "rat = 5", r"unknown key in \[manners\] 'rat'; did you mean 'rate'"),
        ("batch = 8", "bach = 8", "unknown key 'bach'; did you mean 'batch'"),
        ("batch = 8", "batch = 0", "batch: .*greater than or equal to 1"),
        ("rate = 5", "rate = 0", r"manners\.rate: "),
        ("quality = 90", "quality = 900", r"input\.quality: "),
        ('"base64-jpeg"', '"gif"', r"input\.encoding: .*'png'"),
        ('"$.best"', '"best"', r"answer\.top: the path 'best' does not start with \$"),
        ('top = "$.best"', 'top = "$.best"\nlabel = "$.l"', "label and top exclude each other"),
        ('url = "https:', 'uri = "https:', "url is missing|unknown key 'uri'; did you mean 'url'"),
        ("https://api.example.com/v1/classify", "ftp://host", "url: a URL starts with http"),
        ("https://api.example.com", "https://ann:pass@api.example.com", "a header can name a secret"),
        ("https://api.example.com", "https://api.example.com:port", "url: this is no URL"),
        ('classes = ["cat", "dog"]', 'classes = ["cat", "cat"]', "classes: at least two different"),
        ("rate = 5", "rate = ", "is no TOML file"),
        ('items = "{{inputs}}"', 'items = "{{inputs}}"\nkey = "${env:KEY}"', "url and headers only"),
        ("quality = 90", "quality = 90\nform = {a = '1'}", "name of the input's field"),
        ('"base64-jpeg"', '"row-named"', "need their columns"),
    ],
)
def test_faults_are_named(written, before, after, words):
    assert before in WHOLE
    path = written(WHOLE.replace(before, after, 1))
    with pytest.raises(InvalidInput, match=words) as caught:
        read_description(path)
    assert "suspect.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileError):
        read_description(tmp_path / "absent.toml")
    (tmp_path / "long.toml").write_text("#" * (2 << 20))
    with pytest.raises(InvalidInput, match="too long"):
        read_description(tmp_path / "long.toml")
    for content in (b"\xff", b"batch = " + b"9" * 5000, b"a = " + b"[" * 5000):
        (tmp_path / "bytes.toml").write_bytes(content)
        with pytest.raises(InvalidInput, match="no TOML"):
            read_description(tmp_path / "bytes.toml")
    (tmp_path / "deep.toml").write_text('url = "http://host"\nbody.' + "a." * 5000 + "b = 1")
    with pytest.raises(InvalidInput, match="nests tables too deeply"):
        read_description(tmp_path / "deep.toml")


def test_a_name_says_the_same():
    spec = parse_spec(
        "kserve:http://host:8000/v2/models/m?token=env:T&rate=2&timeout=5&encoding=nested&output=probs&scale=255"
        "&classes=a,b&batch_size=4"
    )
    found = description_of(spec)
    assert found.protocol == "kserve"
    assert found.headers == {"Authorization": "Bearer ${env:T}"}
    assert found.manners == Manners(rate=2, timeout=5)
    assert found.options == {"output": "probs"}
    assert found.input.preprocessing == Preprocessing(scale=255)
    assert (found.classes, found.batch) == (("a", "b"), 4)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kserve:host/v2/models/m", "url: a URL starts with http"),
        ("kserve:http://host?rate=fast", r"manners\.rate: "),
        ("rest:suspect.toml?rate=3", "unknown key 'rate'"),
    ],
)
def test_faults_of_a_name(name, words):
    with pytest.raises(InvalidInput, match=words):
        description_of(parse_spec(name))


def test_a_file_may_name_a_protocol(written):
    path = written('protocol = "tfserving"\nurl = "http://host/v1/models/m"\n[options]\noutput = "probs"\n')
    found = description_of(parse_spec(f"rest:{path}?batch_size=3&classes=a,b"))
    assert (found.protocol, found.batch, found.classes) == ("tfserving", 3, ("a", "b"))
