"""A lab is read from TOML; whatever is wrong with it is said in one sentence that names the key."""

from __future__ import annotations

import pytest

from tellmark.errors import FileError, InvalidInput
from tellmark.theft.lab.reading import presets, read_configuration

LITTLE = """
name = "little"
[data]
training = "digits"
holdout_items = 300
test_items = 100
[architectures]
same = "resnet-5k"
[references]
same = 2
[twins]
same = 1
[[thefts]]
kind = "int8"
[detectors]
names = ["source-errors"]
"""


@pytest.fixture
def file(tmp_path):
    def write(text=LITTLE, name="lab.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_what_a_file_leaves_out_has_a_default(file):
    lab = read_configuration(file())
    assert (lab.seed, lab.protocol.alpha, lab.thefts[0].count) == (1, 0.01, 1)


@pytest.mark.parametrize("name", presets())
def test_presets_can_be_read(name):
    assert read_configuration(name).name == name


def test_there_are_presets_for_a_minute_an_afternoon_and_a_gpu():
    assert {"smoke", "small", "paper"} <= set(presets())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("same = 1", "sane = 1", r"unknown key in \[twins\] 'sane'; did you mean 'same'\?"),
        ('kind = "int8"', 'kind = "int8"\ncuont = 2', r"unknown key in \[thefts\] 'cuont'; did you mean 'count'\?"),
        ('"resnet-5k"', '"resnet-5"', "architectures.same: unknown architecture 'resnet-5'; did you mean 'resnet-5k'"),
        (
            'kind = "int8"',
            'kind = "distill-soft"\narchitectures = ["vgg-136"]',
            "thefts.0.architectures: unknown architecture 'vgg-136'; did you mean 'vgg-136k'",
        ),
        ("holdout_items = 300\n", "", "data.holdout_items is missing"),
        ("holdout_items = 300", 'holdout_items = "many"', "data.holdout_items: .*valid integer"),
        ("test_items = 100", "test_items = 100\nstd = [0.0]", "std must be greater than 0"),
        ("[twins]\nsame = 1", "[twins]", "without twins"),
        ("[twins]", "[twins]\nother_architecture = 1", "other architectures are asked for"),
        ('name = "little"', 'name = "a b"', "name: "),
        ('name = "little"', "name = ", "is no TOML file"),
    ],
)
def test_what_is_wrong_is_named(file, old, new, message):
    assert old in LITTLE
    with pytest.raises(InvalidInput, match=message) as error:
        read_configuration(file(LITTLE.replace(old, new, 1)))
    assert "lab.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_extends_another_and_changes_single_keys(file):
    file(name="base.toml")
    extended = file('extends = "base.toml"\nname = "more"\n[data]\ntest_items = 50\n[[thefts]]\nkind = "int4"\n')
    lab = read_configuration(extended)
    assert (lab.name, lab.data.training, lab.data.test_items) == ("more", "digits", 50)
    assert [theft.kind for theft in lab.thefts] == ["int4"]


def test_a_file_extends_a_preset(file):
    assert read_configuration(file('extends = "smoke"\nseed = 9\n')).seed == 9


@pytest.mark.parametrize("text", ['extends = "lab.toml"', "extends = 3"])
def test_impossible_extensions_are_refused(file, text):
    with pytest.raises(InvalidInput, match="extends"):
        read_configuration(file(text))


def test_missing_files_and_unknown_presets_are_told_apart(tmp_path):
    with pytest.raises(FileError, match="there is no file .*lab.toml: give a TOML file, or one of the presets"):
        read_configuration(tmp_path / "lab.toml")
    with pytest.raises(InvalidInput, match="unknown lab 'smal'; did you mean 'small'"):
        read_configuration("smal")


@pytest.mark.parametrize("text", ["seed = " + "9" * 5000, "a = " + "[" * 5000, "\x00", "a = "])
def test_what_no_reader_of_toml_takes_is_refused(file, text):
    with pytest.raises(InvalidInput, match="is no TOML file"):
        read_configuration(file(text))


def test_tables_nested_without_end_are_refused(file):
    with pytest.raises(InvalidInput):
        read_configuration(file("data." + "a." * 5000 + "b = 1"))
