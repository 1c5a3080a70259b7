"""A mark and a verification as a stranger sees them: every fact, in words that fit what happened."""

from pathlib import Path

import pytest

from golden.make_marks import golden_mark
from tellmark.report.mark_facts import mark_digests, mark_facts
from tellmark.report.terminal import mark_lines, secret_lines, verification_lines
from tellmark.verification.session import verify
from toys import LinearModel

IMAGE, TEXT = golden_mark("image"), golden_mark("text")


def changed(public, **parts):
    """The public part with some fields changed, each ``part__field=value``."""
    update = {}
    for name, value in parts.items():
        *path, field = name.split("__")
        if path:
            update[path[0]] = update.get(path[0], getattr(public, path[0])).model_copy(update={field: value})
        else:
            update[field] = value
    return public.model_copy(update=update)


def facts(public, protection="none"):
    return dict(mark_facts(public, protection))


def test_many_classes_are_counted_and_some_named():
    names = tuple(f"class {number}" for number in range(100))
    shown = facts(changed(IMAGE.public, source__classes=names))["classes"]
    assert shown.startswith("100: class 0, class 1,")
    assert shown.endswith("class 11 and 88 more")
    assert facts(changed(IMAGE.public, source__classes=names[:12]))["classes"].endswith("class 11")


def test_a_mark_without_proxies_guarantees_nothing_and_says_so():
    shown = facts(TEXT.public)
    assert shown["proxies"] == "none"
    assert shown["guarantee"] == "none: no proxy tested the triggers"
    assert "proxies" not in shown["selection"]


def test_with_two_classes_no_blend_is_said_to_avoid_its_parents():
    assert "neither" not in facts(TEXT.public)["selection"]
    assert "against their parents' class" in facts(TEXT.public)["selection"]
    assert "as neither parent" in facts(IMAGE.public)["selection"]


@pytest.mark.parametrize(
    ("protection", "says"), [("none", "not encrypted"), ("passphrase", "passphrase"), ("recipients", "keys")]
)
def test_how_the_secrets_are_protected(protection, says):
    assert says in facts(IMAGE.public, protection)["secrets"]


def test_what_the_screen_refused_is_counted():
    assert "refused" not in facts(changed(IMAGE.public, selection__refused=0))["proxies"]
    assert facts(changed(IMAGE.public, selection__refused=3))["proxies"].endswith("3 refused")


def test_borrowed_labels_and_a_guessable_seed_are_pointed_out():
    assert "it had no labels" in facts(changed(IMAGE.public, holdout__labels_from="source"))["hold-out"]
    assert "warning" in facts(changed(IMAGE.public, seed_guessable=True))
    assert "warning" not in facts(changed(IMAGE.public, seed_guessable=False))


def test_digests_are_whole_and_a_missing_one_is_said_to_be():
    digests = dict(mark_digests(changed(IMAGE.public, source__digest=None)))
    assert digests["source"] == "none"
    assert f"sha256:{digests['hold-out']}" == IMAGE.public.holdout.digest


def test_names_in_a_mark_cannot_steer_the_terminal():
    public = changed(IMAGE.public, source__classes=("cat\x1b[2J", "dog\n", "ship"), source__kind="\x1b]0;title\x07")
    text = "\n".join(line.plain for line in mark_lines(Path("x\n.mark"), public, "none", width=80))
    assert r"cat\x1b[2J, dog\n, ship" in text
    assert "\x1b" not in text
    assert text.startswith(r"Mark x\n.mark: 5 triggers")


def test_secrets_name_items_and_labels():
    lines = [line.plain.split() for line in secret_lines(IMAGE)]
    assert lines[0] == ["Secrets:", "seed", IMAGE.seed.hex()]
    assert lines[2] == ["0", "0", "0,", "1", "cat"]
    assert len(lines) == 2 + len(IMAGE)


def test_the_verdict_is_coloured_and_explained():
    found = verify(IMAGE, LinearModel([[0, 1, 0]] * 24), null_rate=0.1, order_seed=1)
    lines = list(verification_lines(found, "a suspect", width=60))
    (verdict,) = (line for line in lines if "Verdict:" in line.plain)
    assert verdict.plain.startswith(f"  Verdict: {found.verdict} - the answers")
    assert [verdict.plain[span.start : span.end] for span in verdict.spans if span.style] == [found.verdict]
    assert sum(line.plain.startswith("  - ") for line in lines) == len(found.reasons)
    assert max(len(line.plain) for line in lines) <= 60
