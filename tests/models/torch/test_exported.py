"""Exported programs answer as the module they came from; hostile ones are refused before anything runs."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch

from tellmark.errors import FileError, InvalidInput, ModelError, UnsafeFile
from tellmark.models.loading import load_model

ROWS = np.random.default_rng(0).normal(size=(9, 4))
CONFIGS = {
    "weights": "data/weights/model_weights_config.json",
    "constants": "data/constants/model_constants_config.json",
}


def pickled(thing) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


def nodes(program):
    return program["graph_module"]["graph"]["nodes"]


def sizes(program):
    return program["graph_module"]["graph"]["tensor_values"]["linear"]["sizes"]


def refused_and_harmless(path, marker):
    with pytest.raises(UnsafeFile, match="--trust"):
        load_model(f"export:{path}").query(ROWS)
    assert not marker.exists()


def refused_and_harmless_unless_trusted(path, marker):
    """The payload is real: with `trust` it does leave its trace."""
    refused_and_harmless(path, marker)
    with contextlib.suppress(Exception):
        load_model(f"export:{path}", trust=True).query(ROWS)
    assert marker.exists()


def harmless(path, marker):
    """Nothing runs although the file loads: the part that would run is left out."""
    answers = load_model(f"export:{path}").query(ROWS)
    assert not marker.exists()
    return answers


def test_answers_as_pytorch_does(exported):
    with torch.no_grad():
        expected = torch.export.load(exported).module()(torch.from_numpy(ROWS).float()).numpy()
    np.testing.assert_allclose(load_model(f"export:{exported}").query(ROWS).scores, expected, rtol=1e-5)


def test_parameters_keep_the_names_of_the_module(exported):
    names = [parameter.name for parameter in load_model(f"export:{exported}").parameters]
    assert names == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_tied_parameters_are_perturbed_once(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False))
    net[1].weight = net[0].weight
    torch.export.save(torch.export.export(net, (torch.rand(2, 4),)), tmp_path / "tied.pt2")
    model = load_model(f"export:{tmp_path / 'tied.pt2'}")
    assert [parameter.name for parameter in model.parameters] == ["0.weight"]
    noisy_weight = net[0].weight.detach().numpy() + np.float32(0.5)
    with model.perturbed(lambda parameter, start, stop: np.full(stop - start, 0.5, np.float32)) as noisy:
        np.testing.assert_allclose(noisy.query(np.eye(4)).scores, (noisy_weight @ noisy_weight).T, rtol=1e-5)


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_a_range_of_batch_sizes_is_kept(tmp_path, rows):
    net = torch.nn.Linear(4, 3)
    batch = torch.export.Dim("batch", min=3, max=5)
    program = torch.export.export(net, (torch.rand(4, 4),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "net.pt2")
    with torch.no_grad():
        expected = net(torch.from_numpy(ROWS[:rows]).float()).numpy()
    scores = load_model(f"export:{tmp_path / 'net.pt2'}").query(ROWS[:rows]).scores
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


class Attention(torch.nn.Module):
    """Operators with strings among their arguments, sizes that are computed, parts that run without gradients."""

    def __init__(self):
        super().__init__()
        self.mix = torch.nn.MultiheadAttention(2, 1, batch_first=True)
        self.head = torch.nn.Linear(4, 3)

    def forward(self, x):
        with torch.no_grad():
            x = torch.nn.functional.gelu(x, approximate="tanh")
        pairs = x.reshape(x.shape[0], 2, x.shape[1] // 2)
        pairs = torch.einsum("bij,bkj->bik", self.mix(pairs, pairs, pairs)[0], pairs)
        return {"logits": self.head(torch.div(pairs, 2, rounding_mode="trunc").flatten(1) + pairs.flatten(1))}


def test_an_honest_program_of_many_operators_is_admitted(tmp_path):
    net = Attention().eval()
    program = torch.export.export(net, (torch.rand(2, 4),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, tmp_path / "net.pt2")
    with torch.no_grad():
        expected = net(torch.from_numpy(ROWS).float())["logits"].numpy()
    model = load_model(f"export:{tmp_path / 'net.pt2'}")
    np.testing.assert_allclose(model.query(ROWS).scores, expected, rtol=1e-4, atol=1e-5)
    assert [parameter.name for parameter in model.parameters] == [name for name, _ in net.named_parameters()]


def test_trusted_and_checked_loading_agree(exported):
    trusted, checked = load_model(f"export:{exported}", trust=True), load_model(f"export:{exported}")
    assert trusted.info == checked.info
    assert (trusted.query(ROWS).scores == checked.query(ROWS).scores).all()


def test_pickled_weights_are_refused(rewritten, payload, marker):
    def change(members):
        config = json.loads(members[CONFIGS["weights"]])
        config["config"]["0.weight"]["use_pickle"] = True
        members[CONFIGS["weights"]] = json.dumps(config).encode()
        members["data/weights/weight_0"] = pickled({"0": payload})

    refused_and_harmless_unless_trusted(rewritten(change), marker)


def tensor_entry(*, use_pickle, dtype=1):
    """An entry of the table of weights for the member ``weight_99``; the type 1 is uint8, which any length fits."""
    one = {"as_int": 1}
    meta = {"dtype": dtype, "sizes": [one], "strides": [one], "storage_offset": {"as_int": 0}, "layout": 7}
    meta |= {"requires_grad": False, "device": {"type": "cpu", "index": None}}
    return {"path_name": "weight_99", "is_param": False, "use_pickle": use_pickle, "tensor_meta": meta}


@pytest.mark.parametrize("first", [True, False])
def test_a_decoy_does_not_hide_a_pickle(rewritten, payload, marker, first):
    """Two entries for one member, of which only one says that it is a pickle."""

    def change(members):
        config = json.loads(members[CONFIGS["weights"]])["config"]
        entries = {"a": tensor_entry(use_pickle=first), "b": tensor_entry(use_pickle=not first)}
        members[CONFIGS["weights"]] = json.dumps({"config": {**entries, **config}}).encode()
        members["data/weights/weight_99"] = pickled(payload)

    refused_and_harmless_unless_trusted(rewritten(change), marker)


@pytest.mark.parametrize("flag", [1, "yes", True])
def test_whatever_counts_as_a_pickle_is_refused(rewritten, payload, marker, flag):
    def change(members):
        config = json.loads(members[CONFIGS["weights"]])["config"]
        members[CONFIGS["weights"]] = json.dumps({"config": {"a": tensor_entry(use_pickle=flag), **config}}).encode()
        members["data/weights/weight_99"] = pickled(payload)

    refused_and_harmless_unless_trusted(rewritten(change), marker)


def test_entries_that_contradict_each_other_are_refused(rewritten):
    def change(members):
        config = json.loads(members[CONFIGS["weights"]])["config"]
        entries = {"a": tensor_entry(use_pickle=False), "b": tensor_entry(use_pickle=False, dtype=2)}
        members[CONFIGS["weights"]] = json.dumps({"config": {**entries, **config}}).encode()
        members["data/weights/weight_99"] = b"\0"

    with pytest.raises(UnsafeFile, match="weight_99 contradict"):
        load_model(f"export:{rewritten(change)}")


def test_an_empty_pickle_is_refused(rewritten):
    def change(members):
        config = json.loads(members[CONFIGS["weights"]])
        config["config"]["0.weight"]["use_pickle"] = True
        members[CONFIGS["weights"]] = json.dumps(config).encode()
        members["data/weights/weight_0"] = b""

    with pytest.raises(UnsafeFile, match="pickle"):
        load_model(f"export:{rewritten(change)}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sizes", [{"as_int": -3}]),
        ("sizes", [{"as_expr": {"expr_str": "s0"}}]),
        ("sizes", 7),
        ("dtype", "float"),
        ("device", {"type": "meta", "index": None}),
        ("requires_grad", 1),
        ("strides", None),
    ],
)
def test_odd_tables_of_tensors_are_refused(rewritten, field, value):
    def change(members):
        config = json.loads(members[CONFIGS["weights"]])
        config["config"]["0.weight"]["tensor_meta"][field] = value
        members[CONFIGS["weights"]] = json.dumps(config).encode()

    with pytest.raises(ModelError, match="no complete file") as caught:
        load_model(f"export:{rewritten(change)}")
    assert "\n" not in str(caught.value)


def test_tensors_far_larger_than_what_is_stored_are_refused(rewritten):
    def change(members):
        config = json.loads(members[CONFIGS["weights"]])
        meta = config["config"]["0.weight"]["tensor_meta"]
        meta |= {"sizes": [{"as_int": 1 << 50}], "strides": [{"as_int": 0}]}
        members[CONFIGS["weights"]] = json.dumps(config).encode()

    with pytest.raises(ModelError, match="more than there is memory for"):
        load_model(f"export:{rewritten(change)}")


def test_a_compressed_archive_is_refused_before_it_is_read(exported, tmp_path):
    path = tmp_path / "bomb.pt2"
    with zipfile.ZipFile(exported) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, bytes(1 << 22) if name.endswith("weight_0") else source.read(name))
    with pytest.raises(ModelError, match="compressed"):
        load_model(f"export:{path}")


def test_an_archive_that_memory_does_not_hold_is_refused(exported, monkeypatch):
    monkeypatch.setattr("tellmark.models.torch.archive.available_memory", lambda: 1000)
    with pytest.raises(ModelError, match="more than there is memory for"):
        load_model(f"export:{exported}")


@pytest.mark.parametrize("names", [5, [5]])
def test_a_signature_that_is_none(with_graph, names):
    def change(program):
        program["graph_module"]["module_call_graph"][0]["signature"]["forward_arg_names"] = names

    with pytest.raises(ModelError) as caught:
        load_model(f"export:{with_graph(change)}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("member", ["opaque_obj_0", "custom_obj_0"])
def test_pickled_objects_are_refused(rewritten, payload, marker, member):
    def change(members):
        meta = {"path_name": member, "is_param": False, "use_pickle": True, "tensor_meta": None}
        members[CONFIGS["constants"]] = json.dumps({"config": {"evil": meta}}).encode()
        members[f"data/constants/{member}"] = pickle.dumps(payload)

    path = rewritten(change)
    if member.startswith("opaque"):
        refused_and_harmless_unless_trusted(path, marker)
    else:  # what TorchScript unpickles runs no Python, but may load any class that a library registered
        with pytest.raises(UnsafeFile):
            load_model(f"export:{path}")


def test_pickled_sample_inputs_are_never_read(rewritten, payload, marker):
    def change(members):
        members["data/sample_inputs/model.pt"] = pickled((payload,))

    path = rewritten(change)
    assert len(harmless(path, marker)) == len(ROWS)
    with contextlib.suppress(Exception):
        torch.export.load(path)
    assert marker.exists()


def test_legacy_pickles_beside_the_weights_are_never_read(rewritten, payload, marker):
    def change(members):
        members["data/weights/model.pt"] = pickled({"0.weight": payload})

    path = rewritten(change)
    assert len(harmless(path, marker)) == len(ROWS)
    with contextlib.suppress(Exception):
        torch.export.load(path)
    assert marker.exists()


def test_code_in_a_size_is_refused(with_graph, marker):
    code = f"__import__('pathlib').Path({str(marker)!r}).touch()"

    def change(program):
        sizes(program)[0] = {"as_expr": {"expr_str": code, "hint": {"as_int": 2}}}

    refused_and_harmless_unless_trusted(with_graph(change), marker)


def test_a_function_as_operator_is_refused(with_graph, marker):
    def change(program):
        nodes(program)[1]["target"] = "torch.os.system"
        argument = {"name": "", "arg": {"as_string": f"touch {marker}"}, "kind": 1}
        nodes(program)[1]["inputs"] = [argument]

    refused_and_harmless(with_graph(change), marker)


def test_an_operator_that_opens_a_file_is_refused(with_graph, marker):
    def change(program):
        nodes(program)[1]["target"] = "torch.ops.aten.from_file.default"
        nodes(program)[1]["inputs"] = [
            {"name": "filename", "arg": {"as_string": str(marker)}, "kind": 1},
            {"name": "shared", "arg": {"as_bool": True}, "kind": 1},
            {"name": "size", "arg": {"as_int": 12}, "kind": 1},
        ]

    refused_and_harmless_unless_trusted(with_graph(change), marker)


def test_guards_are_never_run(with_graph, marker):
    def change(program):
        program["guards_code"] = [f"__import__('pathlib').Path({str(marker)!r}).touch() or True"]

    path = with_graph(change)
    assert len(harmless(path, marker)) == len(ROWS)
    load_model(f"export:{path}", trust=True).query(ROWS)
    assert marker.exists()


@pytest.mark.parametrize("place", ["argument", "node"])
def test_a_name_that_is_code_is_refused(with_graph, marker, place):
    """Names end up in generated source; whether that source is valid depends on PyTorch's release."""
    code = f"x=__import__('pathlib').Path({str(marker)!r}).touch()"

    def change(program):
        if place == "argument":
            program["graph_module"]["module_call_graph"][0]["signature"]["forward_arg_names"] = [code]
        else:
            nodes(program)[1]["name"] = nodes(program)[1]["outputs"][0]["as_tensor"]["name"] = code

    refused_and_harmless(with_graph(change), marker)


def test_a_container_that_imports_is_refused(with_graph, tmp_path, monkeypatch, marker):
    (tmp_path / "side_effect.py").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).touch(); made = list")
    monkeypatch.syspath_prepend(str(tmp_path))
    context = {"default_factory_module": "side_effect", "default_factory_name": "made", "dict_context": []}
    spec = [1, {"type": "collections.defaultdict", "context": context, "children_spec": []}]

    def change(program):
        program["graph_module"]["module_call_graph"][0]["signature"]["out_spec"] = json.dumps(spec)

    refused_and_harmless_unless_trusted(with_graph(change), marker)


def test_the_format_before_is_not_fallen_back_to(tmp_path, payload, marker):
    """`torch.export.load` would go on to unpickle the members of the older format."""
    path = tmp_path / "old.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("version", "8.0")
        archive.writestr("serialized_exported_program.json", "{}")
        for member in ("state_dict", "constants", "example_inputs"):
            archive.writestr(f"serialized_{member}.pt", pickled((payload,)))
    with pytest.raises(ModelError):
        load_model(f"export:{path}")
    assert not marker.exists()


@pytest.mark.parametrize("content", [b"", b"just text\n", b"PK\x03\x04 nearly"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "net.pt2"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"no complete file of torch\.export\.save"):
        load_model(f"export:{path}")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_truncated_files_are_refused(exported, tmp_path, share):
    path = tmp_path / "net.pt2"
    content = exported.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError):
        load_model(f"export:{path}")


def test_missing_member_is_named(rewritten):
    with pytest.raises(ModelError, match="weight"):
        load_model(f"export:{rewritten(lambda members: members.pop('data/weights/weight_0'))}")


def test_missing_file():
    with pytest.raises(FileError):
        load_model("export:nowhere.pt2")


def test_several_inputs_are_refused(tmp_path):
    class Two(torch.nn.Module):
        def forward(self, a, b):
            return a + b

    torch.export.save(torch.export.export(Two(), (torch.rand(2, 3), torch.rand(2, 3))), tmp_path / "two.pt2")
    with pytest.raises(ModelError, match="takes 2 inputs"):
        load_model(f"export:{tmp_path / 'two.pt2'}")


def test_unknown_key():
    with pytest.raises(InvalidInput, match="did you mean"):
        load_model("export:net.pt2?weights=w.safetensors")
