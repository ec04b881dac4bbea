"""What all models of a scenario share, and the two ways of choosing: a mapping with one key, a rule with parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sim.errors import nearest
from sim.scenario import catalog
from sim.scenario.parsing import wrong


def spaced(name: str) -> str:
    """The YAML spelling of a field's name."""
    return name.replace("_", " ")


class Model(BaseModel):
    """What all parts of a scenario share: frozen, strict, no unknown keys, names with spaces."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=spaced,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )
    chooses_one: ClassVar[bool] = False
    """Whether the mapping has a single key, its kind, so that another key replaces it instead of joining it."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Marks a field whose default has no public source, with the range in which to sweep it."""

    low: str
    high: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The field's JSON Schema with the range beside it."""
        return {**handler(core), "x-assumption": f"{self.low} to {self.high}"}


@dataclass(frozen=True, slots=True)
class Rule:
    """Reads what decides at a lever: a name of the catalogue, or a mapping with one key and its parameters."""

    lever: str
    with_parameters: tuple[type[Model], ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The type's own schema, after this."""
        return core_schema.with_info_before_validator_function(self, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The type's own schema, and the names that may stand without their parameters."""
        schema = handler(core)
        short = [name for name in self._models if name in catalog.RULES[self.lever]]
        return {**schema, "anyOf": [*schema["anyOf"], *({"const": name} for name in short)]}

    @property
    def _models(self) -> dict[str, type[Model]]:
        return {spaced(name): model for model in self.with_parameters for name in model.model_fields}

    def __call__(self, value: Any, info: ValidationInfo) -> Any:
        """``value`` as a name or a model; raises a pydantic error in our words."""
        if isinstance(value, Model):
            return value
        models = self._models
        plain = [name for name in catalog.RULES[self.lever] if name not in models]
        accepted = ", ".join([*map(repr, plain), *(f"{{{name}: ...}}" for name in models)])
        if isinstance(value, Mapping) and len(value) == 1:
            return self._with_parameters(value, models, plain, accepted, info.context)
        if not isinstance(value, str):
            raise wrong("is not a rule", accepted=accepted)
        if value in models and value in catalog.RULES[self.lever]:
            return models[value].model_validate({value: {}}, by_alias=True)
        if value not in plain:
            raise wrong("is not a known rule", accepted=accepted, near=nearest(value, catalog.RULES[self.lever]))
        return value

    def _with_parameters(
        self, value: Mapping[str, Any], models: Mapping[str, type[Model]], plain: list[str], accepted: str, context: Any
    ) -> Model:
        (name,) = value
        if name in plain:
            raise wrong("takes no parameters", accepted=repr(name), key=name)
        if name not in models:
            raise wrong("is not a known rule", accepted=accepted, near=nearest(name, [*plain, *models]), key=name)
        return models[name].model_validate(value, context=context, by_name=context is None, by_alias=True)
