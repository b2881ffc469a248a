"""The names of MiniStack that the extensions replace are private: one version has them all."""

import importlib.metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from camformation.deploy import local
from camformation.deploy.local import modules
from component_types import made_by_components
from local.cloud import Cloud


def test_the_installed_version_is_the_pinned_one(cloud: Cloud) -> None:
    assert importlib.metadata.version("ministack") == local.MINISTACK_VERSION


def test_the_extra_pins_the_same_version() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert f'"ministack=={local.MINISTACK_VERSION}"' in project.read_text("utf-8")


def test_every_replaced_name_is_there(cloud: Cloud) -> None:
    assert {
        ("ministack.services.ecs", "_describe_tasks"),
        ("ministack.services.ecs", "_reconcile_service_tasks"),
        ("ministack.services.cloudwatch_logs", "_filter_log_events"),
        ("ministack.services.cloudformation", "get_state"),
        ("ministack.services.cloudformation.stacks", "_add_event"),
        ("ministack.services.cloudformation.stacks", "_deploy_stack_async"),
        ("ministack.services.cloudformation.stacks", "_delete_stack_async"),
        ("ministack.services.cloudformation.stacks", "_roll_back_operation"),
        ("ministack.services.cloudformation.stacks", "_update_resource"),
        ("ministack.services.cloudformation.handlers", "_ACTION_HANDLERS[CreateChangeSet]"),
        ("ministack.services.cloudformation.handlers", "_ACTION_HANDLERS[DescribeStacks]"),
        ("ministack.services.cloudformation.helpers", "_resolve_document"),
        ("ministack.core.lambda_runtime", "subprocess"),
        ("ministack.core.persistence", "save_all"),
        ("ministack.core.persistence", "save_state"),
    } <= set(modules.replaced)


def test_every_type_that_components_make_is_known(cloud: Cloud) -> None:
    known = modules.cloudformation("provisioners")._RESOURCE_HANDLERS
    assert made_by_components() - known.keys() == set()


def test_a_missing_name_is_said() -> None:
    holder = SimpleNamespace(__name__="ministack.services.ecs")
    with pytest.raises(local.LocalTargetMissing, match=r"ministack\.services\.ecs has no _gone"):
        modules.replace("_gone", lambda original: original, holder)
    with pytest.raises(local.LocalTargetMissing, match="_ACTION_HANDLERS has no Gone"):
        modules.replace_entry("_ACTION_HANDLERS", "Gone", lambda original: original, holder)


@pytest.mark.parametrize("version", [None, "1.5.34"])
def test_without_the_extra_there_is_one_clear_error(
    version: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def installed(_: str) -> str:
        if version is None:
            raise importlib.metadata.PackageNotFoundError("ministack")
        return version

    monkeypatch.setattr(importlib.metadata, "version", installed)
    with pytest.raises(local.LocalTargetMissing) as caught:
        local.start(tmp_path)
    assert caught.value.hint == "in camformation's repository: pipx install --force '.[local]'"
    assert version is None or version in str(caught.value)
