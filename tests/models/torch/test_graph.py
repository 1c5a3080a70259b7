"""Expressions of sizes: what `torch.export` writes is admitted, whatever could call or reach something is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import UnsafeFile
from tellmark.models.torch.graph import plain_program

repeatable = settings(derandomize=True, deadline=None)

pytest.importorskip("torch")


def program(**fields):
    return {"graph_module": {"graph": {"nodes": []}, "module_call_graph": [], **fields}}


def with_size(text):
    return program(tensor_values={"x": {"sizes": [{"as_expr": {"expr_str": text}}]}})


@pytest.mark.parametrize(
    "text",
    [
        "Symbol('s77', positive=True, integer=True)",
        "Add(Mul(Integer(2), Symbol('s0', integer=True)), Integer(-1))",
        "FloorDiv(Symbol('u0', nonnegative=True, integer=True), Integer(2))",
        "2*s0 + 1",
        "Max(1, s0 // 2)",
    ],
)
def test_plain_sizes_pass(text):
    assert (
        plain_program(with_size(text))["graph_module"]["tensor_values"]["x"]["sizes"][0]["as_expr"]["expr_str"] == text
    )


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "Symbol('s0').__class__",
        "(lambda: 1)()",
        "[c for c in ().__class__.__base__.__subclasses__()]",
        "Symbol('__import__')",
        "exec('1')",
        "Symbol",
        "s0; 1",
        "9**9**9",
        "f'{s0}'",
        "s0 if s0 else s0",
        "",
        "((((",
    ],
)
def test_code_in_sizes_is_refused(text):
    if text == "Symbol":  # a bare known name does nothing
        plain_program(with_size(text))
        return
    with pytest.raises(UnsafeFile):
        plain_program(with_size(text))


@repeatable
@given(st.text(max_size=40))
def test_an_admitted_size_names_nothing_but_symbols_and_known_functions(text):
    import re

    from tellmark.models.torch.graph import _FUNCTIONS

    try:
        plain_program(with_size(text))
    except UnsafeFile:
        return
    names = re.findall(r"[^\W\d]\w*", text)
    assert all(name in _FUNCTIONS or re.fullmatch(r"[a-z]+[0-9]+|True|False|not|in|is", name) for name in names)


@pytest.mark.parametrize(
    "target",
    [
        "torch.ops.aten.conv2d.default",
        "torch.ops.aten.__and__.Tensor",
        "torch.ops.prims.convert_element_type.default",
        "_operator.getitem",
        "torch.sym_max",
    ],
)
def test_operators_pass(target):
    assert plain_program(program(nodes=[{"target": target}]))["graph_module"]["nodes"][0]["target"] == target


@pytest.mark.parametrize(
    "target",
    [
        "torch.os.system",
        "torch.hub.load",
        "torch.load",
        "torch.ops.load_library",
        "torch.ops.aten.__class__.mro",
        "torch.ops.aten.add.__call__",
        "torch.ops.aten.nothing.default",
        "torch.ops.aten.from_file.default",
        "torch.ops.aten.save.default",
        "torch.ops.mine.op.default",
        "_operator.call",
        "_operator.attrgetter",
        "#namespace:op",
        "builtins.eval",
        "",
    ],
)
def test_other_functions_are_refused(target):
    with pytest.raises(UnsafeFile):
        plain_program(program(nodes=[{"target": target}]))


@pytest.mark.parametrize("name", ["a b", "a;b", "a()", "import", "1a", "a.b", "a\nb", "é"])
def test_names_that_are_no_identifiers_are_refused(name):
    with pytest.raises(UnsafeFile):
        plain_program(program(inputs=[{"as_tensor": {"name": name}}]))


@pytest.mark.parametrize(
    "spec",
    [
        '[1, {"type": "collections.defaultdict", "context": null, "children_spec": []}]',
        '[1, {"type": "builtins.dict", "context": "[{\\"__enum__\\": true}]", "children_spec": []}]',
        '[1, {"type": "builtins.tuple", "context": null, "children_spec": [{"type": "x.Y"}]}]',
        "not json",
        "[]",
    ],
)
def test_unknown_containers_are_refused(spec):
    with pytest.raises(UnsafeFile):
        plain_program(program(module_call_graph=[{"fqn": "", "signature": {"in_spec": spec}}]))


def test_notes_on_the_source_are_dropped():
    node = {"target": "torch.ops.aten.relu.default", "metadata": {"stack_trace": "File 'x'; anything()"}}
    plain = plain_program({**program(nodes=[node]), "guards_code": ["anything()"]})
    assert plain["guards_code"] == []
    assert plain["graph_module"]["nodes"][0]["metadata"] == {}


def test_custom_objects_are_refused():
    with pytest.raises(UnsafeFile, match="custom object"):
        plain_program(program(inputs=[{"as_custom_obj": {"name": "x", "class_fqn": "torch.classes.a.B"}}]))
