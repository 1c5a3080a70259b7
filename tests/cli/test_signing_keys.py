"""`tellmark keys new`: two new files, under a passphrase from wherever it is kept, and nothing shown."""

from __future__ import annotations

import stat
import sys
import types

import pytest

from tellmark.cli.keys import signing_key
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence import pem
from tellmark.evidence.keys import is_encrypted, load_key, load_public

PASSPHRASE = "planted passphrase 271828"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """scrypt at a cost that protects nothing, and no passphrase in the environment."""
    monkeypatch.setattr(pem, "COST", 2)
    monkeypatch.delenv("TELLMARK_KEY_PASSPHRASE", raising=False)


@pytest.fixture
def keyring(monkeypatch):
    """A keyring with one entry."""
    module, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    entries = {("tellmark", "ann"): PASSPHRASE}
    errors.KeyringError = type("KeyringError", (Exception,), {})
    module.get_password, module.errors = lambda service, user: entries.get((service, user)), errors
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_a_key_is_made_with_its_public_half_beside_it(tellmark, here, kind):
    (here / "words").write_text(PASSPHRASE + "\n")
    ran = tellmark("keys", "new", "owner.key", "--kind", kind, "--passphrase-file", "words")
    assert ran.code == 0, ran.err
    key = load_key("owner.key", PASSPHRASE)
    assert load_public("owner.pub") == key.public
    assert key.public.kind == kind
    assert key.public.keyid in ran.out
    assert "owner.pub" in ran.out
    assert PASSPHRASE not in ran.out + ran.err
    assert names(here) == ["owner.key", "owner.pub", "words"]
    assert stat.S_IMODE((here / "owner.key").stat().st_mode) & 0o077 == 0
    assert signing_key(here / "owner.key", passphrase_file=here / "words") == key


def test_the_passphrase_comes_from_the_environment(tellmark, here, monkeypatch):
    monkeypatch.setenv("TELLMARK_KEY_PASSPHRASE", PASSPHRASE)
    assert tellmark("keys", "new", "owner.key").code == 0
    assert load_key("owner.key", PASSPHRASE) == signing_key(here / "owner.key", passphrase_file=None)


def test_the_passphrase_comes_from_the_keyring(tellmark, here, keyring):
    assert tellmark("keys", "new", "owner.key", "--keyring", "tellmark/ann").code == 0
    key = load_key("owner.key", PASSPHRASE)
    assert signing_key(here / "owner.key", passphrase_file=None, keyring="tellmark/ann") == key
    for name, words in (("tellmark/bob", "no entry tellmark/bob"), ("ann", "SERVICE/USER")):
        ran = tellmark("keys", "new", "other.key", "--keyring", name)
        assert (ran.code, words in ran.err) == (2, True)
    with pytest.raises(InvalidInput, match="choose either"):
        signing_key(here / "owner.key", passphrase_file=here / "words", keyring="tellmark/ann")
    assert names(here) == ["owner.key", "owner.pub"]


def test_without_the_library_the_keyring_is_refused(tellmark, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    ran = tellmark("keys", "new", "owner.key", "--keyring", "tellmark/ann")
    assert ran.code == 2
    assert "pip install keyring" in ran.err
    assert names(here) == []


def test_at_a_terminal_the_passphrase_is_asked_for_twice_and_later_once(tellmark, here, monkeypatch):
    asked = []

    def answer(question, **options):
        asked.append((question, options["hide_input"], options["confirmation_prompt"]))
        return PASSPHRASE

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", answer)
    assert tellmark("keys", "new", "owner.key").code == 0
    signing_key(here / "owner.key", passphrase_file=None)
    assert asked == [("New passphrase", True, True), ("Passphrase of the key", True, False)]


def test_without_a_passphrase_a_key_is_written_only_on_demand(tellmark, here):
    ran = tellmark("keys", "new", "owner.key")
    assert ran.code == 2
    assert "needs a passphrase" in ran.err
    assert names(here) == []
    ran = tellmark("keys", "new", "owner.key", "--unencrypted")
    assert (ran.code, "not encrypted" in ran.out) == (0, True)
    assert not is_encrypted("owner.key")
    assert signing_key(here / "owner.key", passphrase_file=None) == load_key("owner.key", None)
    ran = tellmark("keys", "new", "two.key", "--unencrypted", "--passphrase-file", "words")
    assert (ran.code, "choose either" in ran.err) == (2, True)


@pytest.mark.parametrize("existing", ["owner.key", "owner.pub"])
def test_nothing_is_overwritten(tellmark, here, monkeypatch, existing):
    monkeypatch.setenv("TELLMARK_KEY_PASSPHRASE", PASSPHRASE)
    (here / existing).write_text("mine")
    ran = tellmark("keys", "new", "owner.key")
    assert (ran.code, f"{existing} exists" in ran.err) == (2, True)
    assert names(here) == [existing]
    assert (here / existing).read_text() == "mine"


def test_a_wrong_passphrase_is_refused(tellmark, here, monkeypatch):
    monkeypatch.setenv("TELLMARK_KEY_PASSPHRASE", PASSPHRASE)
    tellmark("keys", "new", "owner.key")
    monkeypatch.setenv("TELLMARK_KEY_PASSPHRASE", "planted other")
    with pytest.raises(EvidenceError, match="wrong passphrase"):
        signing_key(here / "owner.key", passphrase_file=None)
    monkeypatch.delenv("TELLMARK_KEY_PASSPHRASE")
    with pytest.raises(EvidenceError, match="is encrypted"):
        signing_key(here / "owner.key", passphrase_file=None)
