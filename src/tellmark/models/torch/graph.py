"""Whether the graph of an exported program is plain: operators on tensors, and nothing that runs as code.

PyTorch turns the JSON of a graph into Python in several ways: symbolic sizes go through ``eval`` (SymPy), names
and guards into generated source, operator names into any attribute of ``torch``, container types into imports.
The rules below admit what `torch.export` writes for a classifier, and refuse the rest.
"""

from __future__ import annotations

import ast
import json
import keyword
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import torch

from tellmark.errors import UnsafeFile
from tellmark.types import Json

_PLAIN = re.compile(r"[A-Za-z0-9_.+:]*", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", re.ASCII)
_SYMBOL = re.compile(r"[a-z]+[0-9]+", re.ASCII)
_TEXT = re.compile(r"[\w .,:;<>=()'*+>/-]*", re.ASCII)
_OPERATOR = re.compile(r"torch\.ops\.(aten|prims|quantized_decomposed)\.([A-Za-z_]\w*)\.([A-Za-z]\w*)", re.ASCII)

_ON_SIZES = {
    *(f"_operator.{name}" for name in "getitem add sub mul floordiv truediv mod neg pos and_ or_ not_".split()),
    *(f"_operator.{name}" for name in "le lt ge gt eq ne".split()),
    *(f"math.{name}" for name in "ceil floor trunc sqrt".split()),
    *(f"torch.sym_{name}" for name in "int float max min not ite sum".split()),
    *(f"torch.ops.higher_order.{name}" for name in "cond wrap_with_set_grad_enabled wrap_with_autocast".split()),
}
"""Operators that are no `torch.ops.aten`: on sizes, and those that run a part of the graph."""

_FUNCTIONS = {
    *("Symbol", "Integer", "Add", "Mul", "Mod", "Max", "Min", "Rational", "Eq", "Ne", "Lt", "Le", "Gt", "Ge"),
    *("StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan", "Equality", "Unequality", "And", "Or", "Not"),
    *("FloorDiv", "ModularIndexing", "PythonMod", "CleanDiv", "CeilDiv", "CeilToInt", "FloorToInt", "TruncToInt"),
    *("IntTrueDiv", "FloatTrueDiv", "ToFloat", "Identity", "Where", "true", "false"),
}
"""What may stand in the expression of a symbolic size."""

_CONTAINERS = {None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict"}

_DROPPED = {"metadata", "guards_code", "treespec_namedtuple_fields"}
"""Fields that answering does not need: traces of the original source, and conditions written as Python."""


def plain_program(program: Json) -> Json:
    """The program without its free text, once all the rest is found to be plain.

    Parameters
    ----------
    program : Json
        The content of ``models/model.json`` in an archive of `torch.export.save`.

    Raises
    ------
    UnsafeFile
        If a name, an operator, an expression or a container type is none that a plain program has.
    """
    stripped = _without(program, _DROPPED)
    for step in _strings(stripped, ("",)):
        _check(*step)
    stripped["guards_code"] = []
    _restore_metadata(stripped)
    return stripped


def _without(value: Json, names: set[str]) -> Json:
    if isinstance(value, dict):
        return {key: _without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(inner, names) for inner in value]
    return value


def _restore_metadata(value: Json) -> None:
    """Graph nodes and graph modules must have the field, if only an empty one."""
    if isinstance(value, dict):
        if "target" in value or "module_call_graph" in value:
            value["metadata"] = {}
        for inner in value.values():
            _restore_metadata(inner)
    elif isinstance(value, list):
        for inner in value:
            _restore_metadata(inner)


def _strings(value: Json, path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...], Json]]:
    """Every string below `value`, with the keys that lead to it and the innermost object it stands in."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not _PLAIN.fullmatch(key):
                _refuse("the name", key)
            if isinstance(inner, str):
                yield inner, (*path, key), value
            else:
                yield from _strings(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str):
                yield inner, path, value
            else:
                yield from _strings(inner, path)


def _check(text: str, path: tuple[Any, ...], owner: Json) -> None:
    key = path[-1]
    if key in ("target", "as_operator"):
        _check_operator(text)
    elif key == "expr_str":
        _check_expression(text)
    elif key in ("in_spec", "out_spec"):
        _check_container(_parsed(text))
    elif key in ("as_string", "as_strings"):
        _require(_TEXT.fullmatch(text), "the text", text)
    elif key == "name" and "arg" in owner and "kind" in owner:
        _require(_IDENTIFIER.fullmatch(text) or text == "", "the argument", text)
    elif key in ("name", "as_name", "forward_arg_names"):
        _require(text == "" or (_IDENTIFIER.fullmatch(text) and not keyword.iskeyword(text)), "the name", text)
    elif key in ("parameter_name", "buffer_name", "tensor_constant_name", "fqn"):
        _require(text == "" or _PATH.fullmatch(text), "the name", text)
    elif key in ("custom_obj_name", "class_fqn") or "as_custom_obj" in path:
        _refuse("the custom object", text)
    else:
        _require(_PLAIN.fullmatch(text), "the text", text)


def _check_operator(target: str) -> None:
    if target in _ON_SIZES:
        return
    match = _OPERATOR.fullmatch(target)
    if match is None:
        _refuse("the operator", target)
    namespace, name, overload = match.groups()
    packet = getattr(getattr(torch.ops, namespace), name, None)
    operator = getattr(packet, overload, None)
    if not isinstance(operator, torch._ops.OpOverload):  # noqa: SLF001
        _refuse("the operator", target)
    names_file = any(argument.name == "filename" for argument in operator._schema.arguments)  # noqa: SLF001
    _require(not names_file, "the operator", target)


def _check_expression(text: str) -> None:
    """Sums, products and known functions of integers and of symbols such as ``s0``."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        _refuse("the size", text)
    for node in ast.walk(tree):
        _require(_is_plain_node(node), "the size", text)


def _is_plain_node(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _FUNCTIONS or _SYMBOL.fullmatch(name) is not None
        case ast.Constant(value=bool() | int() | float()):
            return True
        case ast.Constant(value=str(symbol)):
            return _SYMBOL.fullmatch(symbol) is not None
        case ast.Call(func=function):
            return isinstance(function, ast.Name)
        case ast.BinOp(op=operator):
            return isinstance(operator, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod))
    passive = (ast.Expression, ast.UnaryOp, ast.Compare, ast.keyword, ast.Load, ast.operator, ast.unaryop, ast.cmpop)
    return isinstance(node, passive)


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        _refuse("the container", text)


def _check_container(spec: Json) -> None:
    """``[protocol, {"type": …, "context": …, "children_spec": […]}]``."""
    if isinstance(spec, list) and len(spec) == 2 and isinstance(spec[0], int):
        spec = spec[1]
    if not isinstance(spec, dict) or spec.get("type") not in _CONTAINERS:
        _refuse("the container", json.dumps(spec))
    context = spec.get("context")
    if context is not None:
        keys = _parsed(context) if isinstance(context, str) else context
        plain = keys is None or (
            isinstance(keys, list) and all(isinstance(k, str) and _PATH.fullmatch(k) for k in keys)
        )
        _require(plain, "the container", json.dumps(spec))
    for child in spec.get("children_spec", []):
        _check_container(child)


def _require(condition: object, what: str, text: str) -> None:
    if not condition:
        _refuse(what, text)


def _refuse(what: str, text: str) -> NoReturn:
    shown = text if len(text) <= 80 else text[:79] + "…"
    raise UnsafeFile(f"{what} {shown!r} is none that a plain exported program has, and could run code when loaded")
