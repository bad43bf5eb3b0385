"""The methods of a migration's class, found in the text of its file without running it."""

import ast
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def migration_class(tree: ast.Module, version: str) -> ast.ClassDef | None:
    """The class that states this version."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and _states(node, version):
            return node
    return None


def method(tree: ast.Module, node: ast.ClassDef, name: str) -> Function | None:
    """The function behind a method's name, also one of a base in the same file, or an alias.

    None where the file does not show it (it comes from another module).
    """
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
    for owner in _with_bases(node, classes, ()):
        bound = _bindings(owner.body)
        if name in bound:
            return _function(bound[name], {**_bindings(tree.body), **bound}, ())
    return None


def wrappers(tree: ast.Module, function: Function) -> tuple[Function, ...]:
    """The functions that the file's own decorators of a function may put in its place."""
    if isinstance(function, ast.Lambda):
        return ()
    names = {one.id for one in function.decorator_list if isinstance(one, ast.Name)}
    return tuple(
        inner
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and one.name in names
        for inner in ast.walk(one)
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and inner != one
    )


def does_nothing(function: Function) -> bool:
    """Whether its body is no more than a docstring, `pass`, `return` or NotImplementedError."""
    if isinstance(function, ast.Lambda):
        return isinstance(function.body, ast.Constant)
    return all(_is_idle(one) for one in function.body)


def _states(node: ast.ClassDef, version: str) -> bool:
    value = _bindings(node.body).get("version")
    return isinstance(value, ast.Constant) and value.value == version


def _with_bases(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], seen: tuple[str, ...]
) -> Iterator[ast.ClassDef]:
    yield node
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and base.id not in seen:
            yield from _with_bases(classes[base.id], classes, (*seen, node.name))


def _bindings(body: list[ast.stmt]) -> dict[str, ast.AST]:
    """What names stand for after the body has run; the last one counts."""
    found: dict[str, ast.AST] = {}
    for one in body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[one.name] = one
        elif isinstance(one, ast.Assign):
            found |= {to.id: one.value for to in one.targets if isinstance(to, ast.Name)}
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value:
            found[one.target.id] = one.value
    return found


def _function(
    value: ast.AST, bound: Mapping[str, ast.AST], seen: tuple[str, ...]
) -> Function | None:
    if isinstance(value, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return value
    if isinstance(value, ast.Name) and value.id in bound and value.id not in seen:
        return _function(bound[value.id], bound, (*seen, value.id))
    return None


def _is_idle(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    if isinstance(statement, ast.Return):
        return statement.value is None or isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
