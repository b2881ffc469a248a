"""What StackSets are given: a template for any account and region, and its documents."""

import json
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.session import get_session

from camformation.assets import asset
from camformation.cli.export import REGIONS
from camformation.cli.main import main
from camformation.diagnostics import SpecError
from camformation.fleet.export import Exported, export
from camformation.fleet.portable import literal_in
from camformation.fleet.protection import PROTECTION
from camformation.layout import ROOT, Layout
from camformation.lint import lint_template
from camformation.pipeline import compile_spec

SPECS = sorted(Path(asset("spec", "reference.yaml")).parent.glob("*.yaml"))
each_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
NESTED = ("--layout", "nested", "--artifact-bucket", "acme-cfn")


@cache
def exported(spec: Path, layout: Layout = Layout.FLAT) -> Exported:
    def read(name: str) -> bytes:
        return (spec.parent / name).read_bytes()

    return export(compile_spec(spec.name, read, layout), "acme-cfn")


def texts(node: Any) -> Iterator[str]:
    """Yield every text of a template but programs and descriptions."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key not in ("ZipFile", "Description"):
                yield from texts(value)
    elif isinstance(node, str):
        yield node


@each_spec
def test_every_shipped_spec_exports_for_any_account_and_region(spec: Path) -> None:
    template = exported(spec).template
    body = {**template, "Parameters": {n: p.get("Default") for n, p in parameters(template)}}
    assert not [text for text in texts(body) if literal_in(text)]
    assert len(exported(spec).text.encode()) < 1_000_000
    assert exported(spec).text.count("{{resolve:") <= 60
    assert "Transform" not in template
    assert exported(spec).capabilities == ("CAPABILITY_IAM",)
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::CloudFormation::Stack" not in types


def parameters(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(template.get("Parameters", {}).items())


@each_spec
def test_every_shipped_spec_lints_clean_in_every_partition(spec: Path, tmp_path: Path) -> None:
    assert {region.partition("-")[0] for region in REGIONS} >= {"us", "eu", "cn"}
    one = exported(spec)
    assert not list(lint_template(one.compiled, ROOT, one.template, REGIONS, tmp_path))


@each_spec
def test_a_nested_export_reads_its_stacks_in_the_targets_region(spec: Path) -> None:
    one = exported(spec, Layout.NESTED)
    urls = {
        resource["Properties"]["TemplateURL"]["Fn::Sub"]
        for resource in one.template["Resources"].values()
    }
    start = "https://acme-cfn-${AWS::Region}.s3.${AWS::Region}.${AWS::URLSuffix}/"
    assert {url.removeprefix(start) for url in urls} == one.artifacts.keys()


def written(folder: Path, **sections: Any) -> Path:
    spec = folder / "camunda.yaml"
    spec.write_text(yaml.safe_dump({"name": "camunda", **sections}), "utf-8")
    return spec


def run(*arguments: str) -> int:
    return main(["stackset", "export", *arguments])


def test_the_template_is_the_flat_one_but_for_defaults_of_one_place(tmp_path: Path) -> None:
    spec = next(spec for spec in SPECS if spec.stem == "production")
    flat = exported(spec).compiled.templates[ROOT]
    given = exported(spec).template
    cluster = given["Resources"]["AuroraCluster"]["Properties"]
    assert cluster["DeletionProtection"] == {"Ref": PROTECTION}
    wanted = flat["Resources"]["AuroraCluster"]["Properties"]
    assert cluster | {"DeletionProtection": True} == wanted
    guarded = {"AuroraCluster", "WebLoadBalancer", "GrpcLoadBalancer"}
    rest = {title: body for title, body in flat["Resources"].items() if title not in guarded}
    assert given["Resources"].items() >= rest.items() and given["Outputs"] == flat["Outputs"]
    assert flat["Parameters"]["CertificateArn"]["Default"].startswith("arn:aws:acm:eu-west-2:1111")
    assert "Default" not in given["Parameters"]["CertificateArn"]
    assert given["Parameters"]["VpcCidr"] == flat["Parameters"]["VpcCidr"]


@pytest.mark.parametrize(
    ("sections", "field"),
    [
        ({"secrets": {"kms_key_arn": f"arn:aws:kms:eu-west-2:1111222{'2' * 5}:key/{'0' * 8}-0000"
                                     f"-4000-8000-{'0' * 12}"}}, "secrets.kms_key_arn"),
        ({"network": {"availability_zones": ["eu-west-2a", "eu-west-2b"]}},
         "network.availability_zones.0"),
        ({"orchestration": {"environment": {"REGION": "eu-west-2"}}},
         "orchestration.environment.REGION"),
        ({"access": {"allowed_prefix_list_ids": ["pl-0a1b2c3d"]}},
         "access.allowed_prefix_list_ids.0"),
        ({"database": {"seed": "none", "existing": {
            "host": "db.example.com", "cidrs": ["10.20.5.0/24"], "resource_id": f"db-{'A' * 26}",
        }, "jdbc_parameters": {"iamHost": "db.c1a2.rds.amazonaws.com"}}},
         "database.existing.resource_id"),
        ({"database": {"seed": "none", "existing": {
            "host": "db.example.com", "cidrs": ["10.20.5.0/24"], "resource_id": f"db-{'A' * 26}",
        }, "jdbc_parameters": {"iamHost": "db.example.com"}}}, "database.existing.host"),
        ({"database": {"source": {"snapshot_identifier": "before"}}},
         "database.source.snapshot_identifier"),
        ({"orchestration": {"restore": {"bucket": {"name": "old-backups"}}}},
         "orchestration.restore.bucket.name"),
    ],
)  # fmt: skip
def test_what_names_a_place_is_found_at_its_line(
    tmp_path: Path, sections: dict[str, Any], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = written(tmp_path, **sections)
    compiled = compile_spec(str(spec), lambda name: Path(name).read_bytes(), Layout.FLAT)
    with pytest.raises(SpecError) as caught:
        export(compiled)
    all_ = caught.value.diagnostics
    (found,) = (each for each in all_ if each.message.startswith(f"{field} names a"))
    assert found.code == "CAM750" and found.location.line > 1
    assert run(str(spec), "--json", "--out", str(tmp_path / "out")) == 1
    told = json.loads(capsys.readouterr().out)["diagnostics"]
    assert "CAM750" in {each["code"] for each in told}


def test_a_patch_cannot_make_a_template_that_stack_sets_refuse(tmp_path: Path) -> None:
    patch = [
        {"op": "add", "path": "/Transform", "value": "AWS::Serverless-2016-10-31"},
        {"op": "add", "path": "/Resources/Vpc/Properties/InstanceTenancy", "value": "default"},
    ]
    named = [{"op": "add", "path": "/Resources/NodeIdBucket/Properties/BucketName", "value": "one"}]
    spec = written(
        tmp_path,
        patches=[
            {"component": "root", "patch": patch[:1]},
            {"component": "storage", "patch": named},
        ],
    )
    compiled = compile_spec(str(spec), lambda name: Path(name).read_bytes(), Layout.FLAT)
    with pytest.raises(SpecError) as caught:
        export(compiled)
    assert {each.code for each in caught.value.diagnostics} == {"CAM751"}
    assert len(caught.value.diagnostics) == 2


def test_a_registry_that_all_targets_share_is_no_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = "111122223333.dkr.ecr.eu-west-2.amazonaws.com/camunda:8.10.9"
    sections = {"orchestration": {"image": image}}
    spec = written(tmp_path, **sections)
    assert run(str(spec), "--out", str(tmp_path / "out")) == 0
    assert "CAM757 warning: every target pulls the image from 1111" in capsys.readouterr().err
    written(tmp_path, **sections, parameters={"Image": "orchestration.image"})
    assert run(str(spec), "--out", str(tmp_path / "out")) == 0
    found = json.loads((tmp_path / "out" / "stackset.json").read_text("utf-8"))
    assert found["parameters"]["Image"]["default"] == image


def test_what_to_leave_open_can_be_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = {"allowed_prefix_list_ids": ["pl-0a1b2c3d"]}
    spec = written(tmp_path, access=lists)
    out = str(tmp_path / "out")
    assert run(str(spec), "--out", out) == 1
    suggested = yaml.safe_load(capsys.readouterr().err.rpartition("to the spec:\n\n")[2])
    written(tmp_path, access=lists, **suggested)
    assert run(str(spec), "--out", out) == 0


def test_an_export_describes_itself(tmp_path: Path) -> None:
    spec = written(tmp_path, tags={"team": "bpm"}, parameters={"VpcCidr": "network.cidr"})
    assert run(str(spec), "--out", str(tmp_path / "out")) == 0
    found = json.loads((tmp_path / "out" / "stackset.json").read_text("utf-8"))
    assert found["capabilities"] == ["CAPABILITY_IAM"] and found["layout"] == "flat"
    assert found["permissionModel"] == "SELF_MANAGED" and found["tags"] == {"team": "bpm"}
    cidr = found["parameters"]["VpcCidr"]
    assert cidr["field"] == "network.cidr" and cidr["default"] == "10.190.0.0/16"
    assert cidr["required"] is False and cidr["type"] == "String"
    names = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.json")}
    assert set(found["files"]) == names


def cli_input(file: Path, operation: str) -> None:
    """Check a file as `aws cloudformation … --cli-input-json` does: against botocore's model."""
    from botocore.validate import ParamValidator

    model = get_session().get_service_model("cloudformation").operation_model(operation)
    given = json.loads(file.read_text("utf-8"))
    report = ParamValidator().validate(given, model.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert given.keys() <= model.input_shape.members.keys()


FLEET = {
    "name": "camunda-fleet",
    "spec": "camunda.yaml",
    "region": "eu-west-2",
    "permission_model": "SERVICE_MANAGED",
    "call_as": "DELEGATED_ADMIN",
    "auto_deployment": {"enabled": True},
    "waves": [
        {
            "name": "all",
            "targets": [
                {"organizational_units": ["ou-ab12-11111111"], "regions": ["eu-west-2"]},
            ],
        }
    ],
    "overrides": [{"region": "eu-west-2", "parameters": {"LogDays": 90}}],
}


@pytest.mark.parametrize("fleet", [None, FLEET], ids=["alone", "fleet"])
def test_the_aws_cli_takes_the_input_files(
    tmp_path: Path, fleet: dict[str, Any] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = written(tmp_path, parameters={"LogDays": "observability.log_retention_days"})
    options = ["--out", str(tmp_path / "out")]
    if fleet:
        (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(fleet), "utf-8")
        options += ["--fleet", str(tmp_path / "fleet.yaml")]
    assert run(str(spec), *options) == 0
    cli_input(tmp_path / "out" / "create-stack-set.json", "CreateStackSet")
    if fleet:
        override = tmp_path / "out" / "overrides" / "ou-ab12-11111111" / "eu-west-2.json"
        pairs = [{"ParameterKey": "LogDays", "ParameterValue": "90"}]
        assert json.loads(override.read_text("utf-8")) == pairs
        made = json.loads((tmp_path / "out" / "create-stack-set.json").read_text("utf-8"))
        assert made["CallAs"] == "DELEGATED_ADMIN" and made["AutoDeployment"]["Enabled"] is True
        assert "OrganizationalUnitIds=ou-ab12-11111111 --call-as" in capsys.readouterr().out


def test_an_export_with_blocks_keeps_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = written(tmp_path, parameters={"VpcCidr": "network.cidr"})
    targets = [{"accounts": ["222233334444"], "regions": ["cn-northwest-1", "cn-north-1"]}]
    fleet: dict[str, Any] = {"name": "f", "spec": "camunda.yaml", "region": "cn-north-1"}
    fleet |= {"waves": [{"name": "all", "targets": targets}]}
    fleet |= {"cidrs": {"VpcCidr": {"pool": "10.0.0.0/8", "prefix_length": 16}}}
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(fleet), "utf-8")
    options = [str(spec), "--fleet", str(tmp_path / "fleet.yaml"), "--out", str(tmp_path / "out")]
    lock = tmp_path / "fleet.lock.json"

    assert run(*options) == 0
    out, err = capsys.readouterr()
    assert f"{lock} records which target has which block: commit it" in err
    assert "--region cn-north-1" in out and "s3.cn-north-1.amazonaws.com.cn/" in out
    assert len(json.loads(lock.read_text("utf-8"))["cidrs"]["VpcCidr"]) == 2
    assert run(*options) == 0
    assert "commit it" not in capsys.readouterr().err

    lock.unlink()
    lock.mkdir()  # as one that cannot be read
    shutil.rmtree(tmp_path / "out")
    assert run(*options) == 1
    assert "CAM755 cannot read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_canary_in_a_unit_of_a_later_wave_has_its_file(tmp_path: Path) -> None:
    """Whoever is in the unit is not asked; the filter's account is one of it."""
    unit = {"organizational_units": ["ou-ab12-11111111"], "regions": ["eu-west-2"]}
    narrowed = {"type": "INTERSECTION", "accounts": ["222233334444"]}
    waves = [
        {"name": "canary", "targets": [unit | {"account_filter": narrowed}]},
        {"name": "rest", "targets": [unit]},
    ]
    spec = written(tmp_path, parameters={"LogDays": "observability.log_retention_days"})
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(yaml.safe_dump(FLEET | {"waves": waves}), "utf-8")
    out = tmp_path / "out"
    assert run(str(spec), "--fleet", str(fleet), "--out", str(out)) == 0
    found = {str(file.relative_to(out / "overrides")) for file in out.rglob("eu-west-2.json")}
    assert found == {"222233334444/eu-west-2.json", "ou-ab12-11111111/eu-west-2.json"}


def test_files_of_targets_that_are_gone_are_removed(tmp_path: Path) -> None:
    spec = written(tmp_path)
    out = tmp_path / "out"

    def deploy(*accounts: str) -> None:
        targets = [{"accounts": list(accounts), "regions": ["eu-west-2"]}]
        fleet: dict[str, Any] = {"name": "f", "spec": "camunda.yaml", "region": "eu-west-2"}
        fleet |= {"waves": [{"name": "all", "targets": targets}]}
        (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(fleet), "utf-8")
        assert run(str(spec), "--fleet", str(tmp_path / "fleet.yaml"), "--out", str(out)) == 0

    deploy("222233334444", "333344445555")
    (out / "mine.json").write_text("{}", "utf-8")
    deploy("222233334444")
    assert (out / "overrides" / "222233334444" / "eu-west-2.json").is_file()
    assert not (out / "overrides" / "333344445555" / "eu-west-2.json").exists()
    assert (out / "mine.json").is_file()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--artifact-bucket", "acme-cfn"], "CAM752"),
        (["--layout", "nested"], "CAM752"),
        ([*NESTED], "CAM752"),
        ([*NESTED, "--permission-model", "SERVICE_MANAGED"], "CAM752"),
    ],
)
def test_options_that_cannot_be_had_together_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: str
) -> None:
    out = tmp_path / "out"
    assert run(str(written(tmp_path)), *options, "--out", str(out)) == 1
    assert code in capsys.readouterr().err and not out.exists()


def test_a_fleet_of_another_spec_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("name: camunda\n", "utf-8")
    written(tmp_path)
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(FLEET), "utf-8")
    assert run(str(other), "--fleet", str(tmp_path / "fleet.yaml")) == 1
    assert "CAM752 the fleet file uses" in capsys.readouterr().err


def test_a_nested_export_says_who_may_read_its_stacks(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = [*NESTED, "--organization-id", "o-abc123", "--out", str(out)]
    assert run(str(written(tmp_path)), *options) == 0
    policy = json.loads((out / "bucket-policy.json").read_text("utf-8"))
    (statement,) = policy["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}}
    assert statement["Action"] == "s3:GetObject"
    assert list((out / "artifacts" / "camformation").glob("*.template.json"))
