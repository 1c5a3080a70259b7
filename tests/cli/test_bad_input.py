"""Everything that can be wrong: one line that says what, where and what to do; exit code 2; nothing written."""

from __future__ import annotations

import os
import re
import shlex
import string
from pathlib import Path

import numpy as np
import pytest

from forged_marks import take_apart

SECRETS = ("open sesame", f"{11:064x}")


@pytest.fixture(scope="session")
def bad(files: Path, marks: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Broken files of every sort."""
    folder = tmp_path_factory.mktemp("bad")
    _write_garbage(folder)
    _write_models(folder, files)
    _write_data(folder, files)
    _write_marks(folder, marks)
    _write_keys(folder)
    return folder


def _write_garbage(folder: Path) -> None:
    noise = np.random.default_rng(0).bytes(2000)
    for suffix in "onnx pt2 skops safetensors pt csv tsv npz zip parquet jsonl mark txt".split():
        (folder / f"noise.{suffix}").write_bytes(noise)
        (folder / f"empty.{suffix}").write_bytes(b"")
    (folder / "folder").mkdir()
    (folder / "folder" / "readme.txt").write_text("no image")


def _write_models(folder: Path, files: Path) -> None:
    import pickle

    import skops.io
    import torch
    from sklearn.linear_model import RidgeClassifier

    (folder / "cli_bad_nets.py").write_text(
        "from torch import nn\n"
        "def no_module(): return 'a net'\n"
        "def fails(): raise RuntimeError('no GPU here')\n"
        "def wide(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 7))\n"
        "def other_shape(): return nn.Sequential(nn.Flatten(), nn.Linear(99, 10))\n"
        "def constant():\n"
        "    net = nn.Linear(64, 10)\n"
        "    nn.init.zeros_(net.weight)\n"
        "    return nn.Sequential(nn.Flatten(), net)\n"
        "def without_weights(): return nn.Flatten()\n"
        "a_number = 3\n"
    )
    (folder / "cli_bad_import.py").write_text("raise OSError('broken at import')\n")
    torch.save(torch.nn.Linear(2, 2), folder / "whole.pt")
    (folder / "model.pkl").write_bytes(pickle.dumps("model"))
    good = (files / "digits.safetensors").read_bytes()
    (folder / "short.safetensors").write_bytes(good[: len(good) // 2])
    for name in ("source.skops", "digits.onnx"):
        content = (files / name).read_bytes()
        (folder / f"short-{name}").write_bytes(content[: len(content) // 2])
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 64))
    skops.io.dump(RidgeClassifier().fit(rows, ["cat", "dog", "owl"] * 20), folder / "animals.skops")
    skops.io.dump(RidgeClassifier().fit(rows[:, :5], np.arange(60) % 10), folder / "narrow.skops")
    (folder / "unanswered.csv").write_text("input,label\nsha256:00,3\n")


def _write_data(folder: Path, files: Path) -> None:
    from PIL import Image

    with np.load(files / "digits.npz") as digits:
        images, labels = digits["x"], digits["y"]
    np.savez(folder / "one-class.npz", x=images[:50], y=np.zeros(50, int))
    np.savez(folder / "few.npz", x=images[:30], y=labels[:30])
    np.savez(folder / "lopsided.npz", x=images[:100], y=np.arange(100) // 97)
    np.savez(folder / "normalised.npz", x=images[:50] / 255 - 0.5, y=labels[:50])
    rows = images[:40].reshape(40, 64).astype(float)
    for name in ("nan", "inf"):
        spoilt = rows.copy()
        spoilt[7, 3] = float(name)
        np.savez(folder / f"{name}.npz", x=spoilt, y=labels[:40])
    (folder / "hole.csv").write_text("a,b,label\n1,2,x\n1,,y\n")
    (folder / "words.csv").write_text("a,b,label\n1,red,x\n2,blue,y\n")
    for number, size in enumerate([(8, 8), (8, 8), (9, 8)]):
        (folder / "mixed" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("L", size).save(folder / "mixed" / "ab"[number % 2] / f"{number}.png")


def _write_marks(folder: Path, marks: dict[str, Path]) -> None:
    whole = marks["table"].read_bytes()
    (folder / "short.mark").write_bytes(whole[: len(whole) // 2])
    (folder / "longer.mark").write_bytes(whole + b"and more")
    parts = take_apart(marks["table"])
    parts.manifest = b'{"format":"tellmark.mark/2","what":"ever"}'
    parts.write(folder / "newer.mark")
    for name, late in (("public", b'"seed_guessable":true'), ("secret", b'"triggers":20')):
        place = whole.rindex(late) + len(late) - 1
        (folder / f"edited-{name}.mark").write_bytes(whole[:place] + b"1" + whole[place + 1 :])


def _write_keys(folder: Path) -> None:
    import pyrage

    (folder / "wrong.txt").write_text("open barley")
    (folder / "identity.txt").write_text(str(pyrage.x25519.Identity.generate()))
    (folder / "private.txt").write_text("not a key")


GOOD_MARK = "-n 5 --proxies 2 --seed 11 -o x.mark --holdout {files}/digits.npz"
IMAGES = "torch:cli_nets:digits?weights={files}/digits.safetensors&scale=1"
NETS = "torch:cli_bad_nets"

MODELS = [
    ("onnx:{bad}/nothing.onnx", "cannot read {bad}/nothing.onnx: no such file"),
    ("onnx:{bad}/folder", "cannot read {bad}/folder: it is not a regular file"),
    ("onnx:{bad}/noise.onnx", "noise.onnx is no complete ONNX file"),
    ("onnx:{bad}/empty.onnx", "empty.onnx is no complete ONNX file"),
    ("onnx:{bad}/short-digits.onnx", "short-digits.onnx is no"),
    ("export:{bad}/noise.pt2", "noise.pt2 .*torch.export.save"),
    ("export:{bad}/empty.pt2", "empty.pt2"),
    ("sklearn:{bad}/noise.skops", "noise.skops is no complete file of skops"),
    ("sklearn:{bad}/short-source.skops", "short-source.skops is no complete file of skops"),
    ("sklearn:{bad}/model.pkl", "is a pickle, which runs code when opened.*skops.io.dump.*--trust"),
    ("sklearn:{bad}/noise.txt", "a .skops file, not from noise.txt"),
    ("torch:cli_nets:digits?weights={bad}/noise.safetensors", "noise.safetensors is no complete safetensors file"),
    ("torch:cli_nets:digits?weights={bad}/short.safetensors", "short.safetensors is no complete safetensors file"),
    ("torch:cli_nets:digits?weights={bad}/noise.pt", "noise.pt is no PyTorch checkpoint.*torch.save"),
    ("torch:cli_nets:digits?weights={bad}/whole.pt", "whole.pt .*pickle that would run code.*--trust"),
    ("torch:cli_nets:digits?weights={bad}/noise.txt", "weights are read from .safetensors"),
    ("torch:cli_nets:digits?wieghts=x", "unknown key 'wieghts'; did you mean 'weights'"),
    ("torch:cli_nets:nothing", "module cli_nets has no attribute 'nothing'"),
    ("torch:cli_nothing:net", "no module named 'cli_nothing'"),
    ("torch:cli_nets", "PACKAGE.MODULE:ATTRIBUTE, not 'cli_nets'"),
    ("torch:cli_bad_import:net", "importing cli_bad_import failed: OSError: broken at import"),
    (NETS + ":no_module", r"no_module\(\) returns a str, not a torch.nn.Module"),
    (NETS + ":fails", r"fails\(\) failed: RuntimeError: no GPU here"),
    (NETS + ":a_number", "is a int, which cannot be called"),
    (NETS + ":wide", "answers 7 classes, the data or mark names 10.*--classes"),
    (NETS + ":other_shape", "source did not answer the hold-out data.*8.8.1"),
    (NETS + ":constant", "answers '.' to all of 256 hold-out items: check its weights, its preprocessing"),
    (NETS + ":without_weights", "no weights that noise can be added to.*--proxies 0"),
    ("callable:numpy:ones", "no weights that noise can be added to.*--proxies 0"),
    ("onx:model.onnx", "unknown model kind 'onx'; did you mean 'onnx'"),
    ("model.onnx", "KIND:TARGET, such as onnx:model.onnx"),
    ("", "KIND:TARGET"),
    ("onnx:{files}/digits.onnx?scale=none", "scale=none is not valid"),
    ("onnx:{files}/digits.onnx?classes=a,a", "two different names"),
    ("onnx:{files}/digits.onnx?classes=a,b", "classes are not those of the data"),
    ("sklearn:{bad}/animals.skops", "it does not know '0', '1', '2' and 7 more, and it also knows 'cat', 'dog', 'owl'"),
]

DATA = [
    ("{bad}/nothing.npz", "no file or folder {bad}/nothing.npz"),
    ("{bad}/noise.txt", "in no format that is read"),
    ("{bad}/noise.npz", "noise.npz"),
    ("{bad}/empty.npz", "empty.npz"),
    ("{bad}/noise.zip", "noise.zip"),
    ("{bad}/noise.csv", "noise.csv is no UTF-8 text"),
    ("{bad}/empty.csv", "empty.csv holds no rows"),
    ("{bad}/noise.parquet", "noise.parquet"),
    ("{bad}/noise.jsonl", "noise.jsonl"),
    ("{bad}/folder", "folder holds no images"),
    (".", "tellmark: [^ ]+ holds no images"),
    ("{bad}/mixed", "size.*mixed/b/1.png|mixed.*size"),
    ("{bad}/one-class.npz", "one class only, '0': candidates are made of items of at least two classes"),
    ("{bad}/nan.npz", "row 7: nan"),
    ("{bad}/inf.npz", "row 7: inf"),
    ("{bad}/normalised.npz", "normalised.npz"),
    ("{bad}/hole.csv", "hole.csv, line 3"),
    ("{bad}/words.csv", "words.csv.*'b'"),
]

SETTINGS = [
    ("-n 0", "number of triggers must be between 1"),
    ("-n -3", "number of triggers must be between 1"),
    ("-n 1000000000000000000000000", "number of triggers must be between 1"),
    ("-n ten", "'-n' / '--triggers'"),
    (
        "-n 301",
        "301 triggers cannot be made of the 600 items of digits.npz.*at most 300 triggers, or use --reuse-items",
    ),
    ("--holdout {bad}/few.npz -n 16", "16 triggers cannot be made of the 30 items of few.npz"),
    ("--holdout {bad}/lopsided.npz --classes 0,1,2,3,4,5,6,7,8,9 -n 5", "at most 3 triggers"),
    ("--proxies -1", "number of proxies must be between 0"),
    ("--proxies 1000000000000", "number of proxies must be between 0"),
    ("--sigma -1", "sigma must be a number between 0"),
    ("--sigma nan", "sigma must be a number between 0"),
    ("--sigma 1e300", "sigma must be a number between 0"),
    ("--sigma large", "--sigma is a number or auto, not 'large'"),
    ("--sigma auto --no-screen", "sigma auto is found by the accuracy screen"),
    ("--sigma 50 --proxies 20 --no-screen", "candidates in a row failed: .* otherwise by a proxy.*smaller --sigma"),
    ("--sigma 50", "proxies kept the source's accuracy of .* within 0.02 .*--sigma auto or a smaller --sigma"),
    ("--noise pink", "'--noise': .*'pink'"),
    ("--tau -1", "tau is a difference of accuracies between 0 and 1"),
    ("--tau nan", "tau is a difference of accuracies between 0 and 1"),
    ("--screen-items 0", "screen needs between 1"),
    ("--screen-items 100000000000000000000", "screen needs between 1"),
    ("--tie-margin -1", "tie margin must be 0 or more"),
    ("--tie-margin 1e6 --proxies 0", "too close to a tie.*--tie-margin"),
    ("--max-label-share 0", "share of a label must lie above 0"),
    ("--max-label-share 1.5", "share of a label must lie above 0"),
    ("--seed -1", "a seed is a whole number from 0 to 2"),
    ("--seed 1" + 80 * "0", "a seed is a whole number from 0 to 2"),
    ("--seed x", "'--seed'"),
    ("--batch-size 0", "'--batch-size'"),
    ("--device nodevice", "nodevice"),
    ("--label-column target", "'target'"),
    ("--label-column ²", "'²'"),
    ("--label-column --5", "'--5'"),
    ("--classes 1,2", "digits.npz"),
    ("--classes a,,b", "names, none of them empty"),
]

OUTPUTS = [
    ("-o nowhere/x.mark", "folder .*/nowhere does not exist, create it first"),
    ("-o /proc/x.mark", "cannot write /proc/x.mark"),
    ("-o {bad}/noise.txt/x.mark", "cannot write .*noise.txt/x.mark"),
    ("-o {bad}/noise.txt", "noise.txt exists: choose another name, or use --force"),
    ("-o {bad} --force", "cannot write {bad}: it is not a regular file"),
    ("-o . --force", "it is not a regular file"),
    ("-o /dev/null --force", "it is not a regular file"),
    ("-o " + 300 * "x", "file name too long"),
    ("--encrypt --recipient age1", "either --encrypt .* or --recipient"),
    ("--encrypt", "needs a passphrase: give --passphrase-file, or set TELLMARK_PASSPHRASE"),
    ("--encrypt --passphrase-file {bad}/nothing.txt", "nothing.txt cannot be read"),
    ("--encrypt --passphrase-file {bad}/noise.txt", "noise.txt cannot be read as text"),
    ("--encrypt --passphrase-file {bad}/empty.txt", "empty.txt is empty"),
    ("--encrypt --passphrase-file {bad}", "cannot be read as text"),
    ("--passphrase-file {bad}/wrong.txt", "--passphrase-file alone encrypts nothing: add --encrypt"),
    ("--recipient friend", "a recipient is a public key, age1.*not 'friend'"),
    ("--recipient ''", "a recipient is a public key"),
    ("--recipient 'ssh-ed25519 AAAA'", "a recipient is a public key"),
    ("--recipient AGE-SECRET-KEY-1QQQ", "not a private key"),
]

MARKS = [
    ("{bad}/nothing.mark", "cannot read {bad}/nothing.mark: no such file"),
    ("{bad}/folder", "it is not a regular file"),
    ("{bad}/noise.mark", "not a mark of Tellmark"),
    ("{bad}/empty.mark", "not a mark of Tellmark"),
    ("{files}/digits.npz", "digits.npz .*mark|digits.npz is truncated"),
    ("{bad}/short.mark", "short.mark is truncated"),
    ("{bad}/longer.mark", "truncated, or was changed"),
    ("{bad}/newer.mark", "newer Tellmark: format tellmark.mark/2, this one reads tellmark.mark/1; upgrade Tellmark"),
    ("{bad}/edited-public.mark", "edited-public.mark is damaged: its checksum"),
    ("{bad}/edited-secret.mark", "edited-secret.mark is damaged: its checksum"),
    ("{encrypted}", "encrypted under a passphrase: give --passphrase-file, or set TELLMARK_PASSPHRASE"),
    ("{encrypted} --passphrase-file {bad}/wrong.txt", "this is not the passphrase of .*encrypted.mark"),
    ("{encrypted} --passphrase-file {bad}/empty.txt", "empty.txt is empty"),
    ("{recipients}", "encrypted to recipients: give the private key of one with --identity"),
    ("{recipients} --identity {bad}/identity.txt", "encrypted to another key than those given"),
    ("{recipients} --identity {bad}/private.txt", "private.txt is neither an age identity"),
    ("{recipients} --identity {bad}/nothing.txt", "cannot read {bad}/nothing.txt"),
]

SUSPECTS = [
    ("sklearn:{bad}/animals.skops", "classes are not those of the data or mark: it does not know '0'"),
    ("sklearn:{bad}/narrow.skops", r"suspect did not answer the mark's inputs \(rows of 64 numbers\).*preprocessing"),
    ("callable:numpy:ones", "suspect did not answer|answers"),
    ("recorded:{bad}/unanswered.csv", "no answer to 20 of 20 inputs.*tellmark questions"),
    ("recorded:{bad}/noise.csv", "noise.csv is no CSV file in UTF-8"),
    ("recorded:{bad}/empty.csv", "empty.csv"),
    ("onnx:{files}/digits.onnx", "suspect did not answer the mark's inputs"),
    ("onnx:{bad}/nothing.onnx", "no such file"),
]

ASKING = [
    ("--null-rate -0.1", "null rate must be at least 0 and below 1"),
    ("--null-rate 1", "null rate must be at least 0 and below 1"),
    ("--null-rate nan", "null rate must be at least 0 and below 1"),
    ("--null-rate low", "'--null-rate'"),
    ("--max-queries 0", "budget of 0 queries asks nothing"),
    ("--alpha 0", "alpha must lie above 0"),
    ("--alpha nan", "alpha must lie above 0"),
    ("--confidence 1", "confidence must lie strictly between 0 and 1"),
    ("--confidence 0", "confidence must lie strictly between 0 and 1"),
    ("--order-seed -1", "an order seed is a whole number"),
    ("--order-seed 9999999999999999999", "an order seed is a whole number"),
    ("--batch-size none", "'--batch-size'"),
]

QUESTIONS = [
    ("-o {bad}", "{bad} exists: choose a new folder"),
    ("-o nowhere/asked", "folder nowhere does not exist, create it first"),
    ("-o {bad}/noise.txt/asked", "cannot be written to .*noise.txt/asked"),
    ("-o " + 300 * "x", "file name too long"),
    ("-o asked --max-queries 0", "query budget must be at least 1"),
    ("-o asked --order-seed -1", "an order seed is a whole number"),
    ("", "missing option '--output'"),
]

CASES = [
    *((f"mark '{model}' {GOOD_MARK}", says) for model, says in MODELS),
    *((f"mark '{IMAGES}' {GOOD_MARK} --holdout {data}", says) for data, says in DATA),
    *((f"mark '{IMAGES}' {GOOD_MARK} {words}", says) for words, says in SETTINGS),
    *((f"mark onnx:nothing.onnx {GOOD_MARK} {words}", says) for words, says in OUTPUTS),
    *((f"show {words}", says) for words, says in MARKS),
    *((f"verify {words} sklearn:nothing.skops", says) for words, says in MARKS),
    *((f"questions {words} -o asked", says) for words, says in MARKS),
    *((f"verify {{table}} {suspect}", says) for suspect, says in SUSPECTS),
    *((f"verify {{table}} sklearn:{{files}}/source.skops {words}", says) for words, says in ASKING),
    *((f"questions {{table}} {words}", says) for words, says in QUESTIONS),
]


@pytest.fixture(scope="session")
def places(files, bad, marks, kinds):
    """What the braces in the words stand for."""
    import pyrage

    from tellmark.triggers.mark import load_mark

    recipients = files / "recipients.mark"
    load_mark(marks["table"]).save(recipients, recipients=[str(pyrage.x25519.Identity.generate().to_public())])
    return {"files": files, "bad": bad, "recipients": recipients, **marks}


def filled_in(text: str, places: dict[str, Path], *, pattern: bool = False) -> str:
    for _, name, *_ in string.Formatter().parse(text):
        if name in places:
            value = str(places[name])
            text = text.replace(f"{{{name}}}", re.escape(value) if pattern else value)
    return text


def everything_in(*folders: Path) -> dict[Path, tuple[int, int]]:
    """Every file, its size and the time of its last change."""
    found = (path for folder in folders for path in folder.rglob("*"))
    return {path: (status.st_size, status.st_mtime_ns) for path in found for status in [os.lstat(path)]}


@pytest.mark.parametrize(("words", "says"), CASES, ids=[words[:90] for words, _ in CASES])
def test_one_line_exit_code_2_and_nothing_written(tellmark, here, places, monkeypatch, words, says):
    monkeypatch.syspath_prepend(places["bad"])
    folders = (here, places["files"], places["bad"])
    before = everything_in(*folders)
    ran = tellmark(*shlex.split(filled_in(words, places)))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tellmark: ")
    assert ran.err.count("\n") == 1
    assert re.search(filled_in(says, places, pattern=True), ran.err), ran.err
    assert not any(secret in ran.err for secret in SECRETS)
    assert everything_in(*folders) == before


def test_a_file_that_is_no_state_is_left_alone(tellmark, here, places):
    (here / "x.mark.partial").write_bytes(b"noise")
    ran = tellmark(*shlex.split(filled_in(f"mark '{IMAGES}' {GOOD_MARK}", places)))
    assert ran.code == 2
    assert "x.mark.partial is not a readable state file: remove it to start anew" in ran.err
    assert (here / "x.mark.partial").read_bytes() == b"noise"
