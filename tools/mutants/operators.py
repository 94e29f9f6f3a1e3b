"""The faults that a programmer makes: what may stand in the place of a node of the syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping

Enums = Mapping[str, tuple[str, ...]]
"""The members of each enumeration of the core, by the name of its class."""

_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min"}


def replacements(node: ast.AST, enums: Enums) -> Iterator[ast.AST]:
    """Every other node that may stand in the place of this one."""
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp() | ast.UnaryOp() | ast.BinOp():
            yield from _operations(node)
        case ast.Attribute() | ast.Name():
            yield from _names(node, enums)
        case ast.match_case() | ast.pattern():
            yield from _patterns(node)
        case _:
            yield from _statements(node)


def _operations(node: ast.BoolOp | ast.UnaryOp | ast.BinOp) -> Iterator[ast.expr]:
    match node:
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            yield from (left, right)
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            yield ast.BinOp(node.left, _ARITHMETIC[type(op)](), node.right)


def _names(node: ast.Attribute | ast.Name, enums: Enums) -> Iterator[ast.expr]:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=member) if member in enums.get(name, ()):
            members = enums[name]
            other = members[(members.index(member) + 1) % len(members)]
            if other != member:
                yield ast.Attribute(node.value, other, node.ctx)
        case ast.Name(id=name, ctx=ast.Load()) if name in _FUNCTIONS:
            yield ast.Name(_FUNCTIONS[name], ast.Load())


def _constants(node: ast.Constant) -> Iterator[ast.Constant]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int() | float():
            yield ast.Constant(node.value + 1)
        case str() if " " not in node.value:  # prose is for people
            yield ast.Constant(node.value + "X")
        case bytes():
            yield ast.Constant(node.value + b"X")
        case _:
            pass


def _comparisons(node: ast.Compare) -> Iterator[ast.Compare]:
    for place, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def _is_mutated_itself(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare | ast.BoolOp) or (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If() | ast.While() | ast.IfExp() if not _is_mutated_itself(node.test):
            negated = copy.copy(node)
            negated.test = ast.UnaryOp(ast.Not(), node.test)
            yield negated
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() | ast.Await()):
            yield ast.Pass()
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.comprehension(ifs=[_, *_]):
            yield ast.comprehension(node.target, node.iter, [], node.is_async)
        case _:
            pass


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _patterns(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.match_case(guard=ast.expr()):
            yield ast.match_case(node.pattern, None, node.body)
        case ast.MatchOr(patterns=patterns):
            for place in range(len(patterns)):
                rest = [*patterns[:place], *patterns[place + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.MatchOr(rest)
        case ast.MatchClass(kwd_attrs=[_, *_], kwd_patterns=[*values]) if not any(
            map(_captures, values)
        ):
            yield ast.MatchClass(node.cls, node.patterns, [], [])


def _captures(pattern: ast.pattern) -> bool:
    found = (ast.MatchAs, ast.MatchStar, ast.MatchMapping)
    return any(isinstance(each, found) for each in ast.walk(pattern))
