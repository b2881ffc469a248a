"""Write the troposphere script that a person would have written for the same templates.

It is made anew from what `compile` wrote, so the two always build the same: every resource and
nested property is the constructor call of its troposphere class; policies are plain dicts.
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from pkgutil import iter_modules
from textwrap import indent
from types import FunctionType
from typing import Any

import troposphere
from troposphere import AWSObject, AWSProperty, Tags

FUNCTIONS = {
    "Ref": "Ref",
    "Fn::GetAtt": "GetAtt",
    "Fn::Sub": "Sub",
    "Fn::Join": "Join",
    "Fn::Select": "Select",
    "Fn::GetAZs": "GetAZs",
    "Fn::Base64": "Base64",
    "Fn::Split": "Split",
    "Fn::Cidr": "Cidr",
}


def raw_script(folder: Path) -> str:
    """Return a Python module whose `main(folder)` writes the templates of a compiled folder."""
    imports: set[str] = set()
    functions = []
    files = sorted(folder.glob("*.template.json"))
    for number, file in enumerate(files):
        body = "\n".join(_template(json.loads(file.read_text("utf-8")), imports))
        functions.append(f"def template_{number}():\n{indent(body, '    ')}\n")
    calls = "".join(
        f"    write(folder, {file.name!r}, template_{number}())\n"
        for number, file in enumerate(files)
    )
    body = "\n".join(functions)
    used = sorted(name for name in {*FUNCTIONS.values(), "Tags"} if f"{name}(" in body)
    modules = "".join(f"import {name}\n" for name in sorted(imports))
    return f"""import json
from troposphere import Output, Parameter, Template, {", ".join(used)}
{modules}

def write(folder, name, template):
    with open(f"{{folder}}/{{name}}", "w") as file:
        file.write(json.dumps(template.to_dict(), indent=2, sort_keys=True) + "\\n")


{body}
def main(folder):
{calls}"""


def _template(template: dict[str, Any], imports: set[str]) -> Iterator[str]:
    yield "template = Template()"
    yield f"template.set_version({template['AWSTemplateFormatVersion']!r})"
    yield f"template.set_description({template['Description']!r})"
    yield f"template.set_metadata({template['Metadata']!r})"
    for title, parameter in template.get("Parameters", {}).items():
        yield f"template.add_parameter(Parameter({title!r}, {_arguments(parameter)}))"
    for title, resource in template["Resources"].items():
        yield f"template.add_resource({_resource(title, resource, imports)})"
    for title, output in template.get("Outputs", {}).items():
        yield f"template.add_output(Output({title!r}, {_arguments(output)}))"
    yield "return template"


def _arguments(data: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_literal(value)}" for name, value in data.items())


def _resource(title: str, resource: dict[str, Any], imports: set[str]) -> str:
    kind = resource["Type"]
    attributes = {k: v for k, v in resource.items() if k not in ("Type", "Properties")}
    given = [f"{name}={_literal(value)}" for name, value in attributes.items()]
    if kind.startswith("Custom::"):
        imports.add("troposphere.cloudformation")
        made = (
            f"type('Custom', (troposphere.cloudformation.CustomResource,), "
            f"{{'resource_type': {kind!r}}})"
        )
        given += [f"{k}={_literal(v)}" for k, v in resource["Properties"].items()]
        return f"{made}({', '.join([repr(title), *given])})"
    cls = _resource_class(kind)
    return _call(cls, resource.get("Properties", {}), imports, [repr(title), *given])


def _call(cls: type, data: dict[str, Any], imports: set[str], given: list[str]) -> str:
    """Return the constructor call that gives these properties."""
    if cls.__module__ != "troposphere":
        imports.add(cls.__module__)
    arguments, props = list(given), getattr(cls, "props", {})
    for name, value in data.items():
        made = _value(value, _expected(cls, name, props[name][0]), imports)
        arguments.append(f"**{{{name!r}: {made}}}" if iskeyword(name) else f"{name}={made}")
    return f"{cls.__module__}.{cls.__qualname__}({', '.join(arguments)})"


def _expected(cls: type, name: str, expected: Any) -> Any:
    """Return what a property takes; where a function checks it, the class of its module that has
    the property's name."""
    own = getattr(sys.modules[cls.__module__], name, None)
    is_property = isinstance(own, type) and issubclass(own, AWSProperty)
    return own if isinstance(expected, FunctionType) and is_property else expected


def _value(value: Any, expected: Any, imports: set[str]) -> str:
    """Return the expression for a value where troposphere expects a type."""
    options = expected if isinstance(expected, list | tuple) else [expected]
    classes = [o for o in options if isinstance(o, type) and issubclass(o, AWSProperty)]
    names = [o.__name__ for o in options if isinstance(o, FunctionType)]
    if (Tags in options or any("tags" in n for n in names)) and isinstance(value, list):
        tags = {tag["Key"]: tag["Value"] for tag in value}
        if all(set(tag) == {"Key", "Value"} for tag in value) and sorted(tags) == list(tags):
            return f"Tags({_literal(tags)})"
    if isinstance(value, dict) and classes and not _is_function(value):
        cls = next((c for c in classes if set(value) <= set(c.props)), None)
        if cls is not None:
            return _call(cls, value, imports, [])
    if isinstance(value, list) and isinstance(expected, list):
        return f"[{', '.join(_value(item, tuple(expected), imports) for item in value)}]"
    return _literal(value)


def _is_function(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in FUNCTIONS


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        if _is_function(value):
            (name, argument), *_ = value.items()
            spread = isinstance(argument, list)
            inner = ", ".join(map(_literal, argument)) if spread else _literal(argument)
            return f"{FUNCTIONS[name]}({inner})"
        return "{" + ", ".join(f"{k!r}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)


_CLASSES: dict[str, type] = {}


def _resource_class(kind: str) -> type:
    if not _CLASSES:
        for found in iter_modules(troposphere.__path__):
            module = import_module(f"troposphere.{found.name}")
            for cls in vars(module).values():
                own = isinstance(cls, type) and cls.__module__ == module.__name__
                if own and issubclass(cls, AWSObject) and getattr(cls, "resource_type", None):
                    _CLASSES.setdefault(cls.resource_type, cls)
    return _CLASSES[kind]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(raw_script(Path(sys.argv[1])), "utf-8")
