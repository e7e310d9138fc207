"""Find a recipe, read it, apply overrides, and say plainly what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from rlmr.names import nearest
from rlmr.recipes.schema import Recipe, RecipeError

AnyPart = TypeVar("AnyPart", bound=BaseModel)

SHIPPED = (Path(__file__).parent / "shipped", Path(__file__).parents[3] / "recipes")
"""Where the recipes that come with the package lie: installed, and in a checkout."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2's numbers (1e-4 is a float), and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def shipped_recipes(kind: str = "") -> list[str]:
    """Names of the recipes that come with the package: of runs, or of another `kind` (reward)."""
    return sorted(path.stem for folder in SHIPPED for path in (folder / kind).glob("*.yaml"))


def find_recipe(name: str, kind: str = "") -> Path:
    """The file of a recipe: a path, or the name of a shipped one of that `kind` (see `shipped_recipes`).

    Raises RecipeError with what there is.
    """
    for path in (Path(name), *(folder / kind / f"{name}.yaml" for folder in SHIPPED)):
        if path.is_file():
            return path
    names, what = shipped_recipes(kind), " ".join(["shipped", *kind.split(), "recipe"])
    hint = nearest(Path(name).stem, names, f"{what}s: {', '.join(names)}")
    raise RecipeError(f"recipe {name!r}: no such file, and no {what} of that name; {hint}")


def read_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe `name` with `key=value` overrides on top.

    Keys are dotted (`grpo.learning_rate=1e-4`), values are YAML. An override that changes
    `mixing.rule` leaves the parameters of the former rule behind. Raises RecipeError.
    """
    path = find_recipe(name)
    values = read_values(path)
    parsed = [read_override(text) for text in overrides]
    for keys, value in parsed:
        former = values.get("mixing")
        if keys == ["mixing", "rule"] and isinstance(former, dict) and value != former.get("rule"):
            values["mixing"] = {"rule": value}
    for keys, value in parsed:
        set_value(values, keys, value)
    return check_recipe(values, str(path))


def read_values(path: Path) -> dict[str, Any]:
    """What a recipe file says, unchecked. Raises RecipeError where it is no YAML mapping."""
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        found = "nothing" if values is None else type(values).__name__
        raise RecipeError(f"{path}: a recipe is a mapping of settings; found {found}")
    return values


def check_recipe(values: dict[str, Any], where: str = "recipe") -> Recipe:
    """`values` as a recipe; `where` names their source in messages. Raises RecipeError.

    >>> check_recipe({"name": "x", "polcy": "y"})
    Traceback (most recent call last):
    rlmr.recipes.schema.RecipeError: recipe: unknown key 'polcy'; did you mean 'policy'?
    """
    return check_values(Recipe, values, where)


def check_values(model: type[AnyPart], values: dict[str, Any], where: str) -> AnyPart:
    """`values` as a `model`; `where` names their source in messages. Raises RecipeError."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
        raise RecipeError(
            f"{where}: {_explain(model, first['type'], first['loc'], first['msg'], first['input'])}"
        ) from None


def _explain(top: type[BaseModel], kind: str, loc: tuple[int | str, ...], message: str, given: object) -> str:
    path = ".".join(str(part) for part in loc)
    if kind == "extra_forbidden":
        return f"unknown key {path!r}; {nearest(loc[-1], sorted(_fields(top, loc[:-1])))}"
    if kind == "missing":
        return f"{path} is missing"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return f"{path}: {message[0].lower()}{message[1:]}; got {given!r}"


def _fields(top: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at a place of the recipe."""
    model = top
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is None:  # a union's branch, named after its class
            continue
        kinds = (field.annotation, *get_args(field.annotation))
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return list(model.model_fields)


def read_override(text: str) -> tuple[list[str], Any]:
    """The keys and the value of `key.key=value`. Raises RecipeError."""
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        raise RecipeError(f"override {text!r} is not key=value, such as mixing.rule=gdpo")
    try:
        return key.split("."), yaml.load(value, Loader=_Loader)
    except yaml.YAMLError as error:
        raise RecipeError(
            f"override {text!r}: the value is not YAML: {' '.join(str(error).split())}"
        ) from error


def set_value(values: dict[str, Any], keys: list[str], value: Any) -> None:
    """Put a value into nested blocks, in place. Raises RecipeError where a block is a value."""
    for depth, key in enumerate(keys[:-1]):
        inner = values.get(key)
        if inner is None:
            inner = values[key] = {}
        if not isinstance(inner, dict):
            raise RecipeError(
                f"override {'.'.join(keys)}: {'.'.join(keys[: depth + 1])} is a value, not a block"
            )
        values = inner
    values[keys[-1]] = value
