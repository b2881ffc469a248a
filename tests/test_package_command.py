"""`aws cloudformation package` takes what `compile` writes as it is."""

import hashlib
import json
from pathlib import Path

import pytest

from camformation.assets import asset
from camformation.layout import Layout
from camformation.output import write
from camformation.pipeline import compile_spec

STACK = "AWS::CloudFormation::Stack"


class Bucket:
    """Stands where the AWS CLI's S3 uploader would, and keeps what is uploaded."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def upload_with_dedup(self, file_name: str, extension: str | None = None) -> str:
        data = Path(file_name).read_bytes()
        key = hashlib.sha256(data).hexdigest() + (f".{extension}" if extension else "")
        self.objects[key] = data
        return f"s3://bucket/{key}"

    def to_path_style_s3_url(self, key: str, version: str | None = None) -> str:
        return f"https://s3.eu-west-2.amazonaws.com/bucket/{key}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
@pytest.mark.parametrize("spec", ["reference", "production", "existing-vpc", "development"])
def test_every_nested_template_is_uploaded_and_pointed_at(spec: str, tmp_path: Path) -> None:
    from awscli.customizations.cloudformation import artifact_exporter as artifacts
    from awscli.customizations.cloudformation.yamlhelper import yaml_parse

    path = asset("spec", f"{spec}.yaml")
    compiled = compile_spec(path.name, lambda _: path.read_bytes(), Layout.NESTED)
    write(compiled, tmp_path)
    bucket = Bucket()
    packaged = artifacts.Template("root.template.json", str(tmp_path), bucket).export()

    root = json.loads((tmp_path / "root.template.json").read_text())
    assert packaged["Resources"].keys() == root["Resources"].keys()
    uploaded = set()
    for title, stack in packaged["Resources"].items():
        assert stack["Type"] == STACK
        before = root["Resources"][title]["Properties"]
        url = stack["Properties"]["TemplateURL"]
        assert url.startswith("https://s3.eu-west-2.amazonaws.com/bucket/")
        key = url.rpartition("/")[2]
        child = json.loads((tmp_path / before["TemplateURL"]).read_text())
        assert json.loads(json.dumps(yaml_parse(bucket.objects[key].decode()))) == child
        assert {**stack["Properties"], "TemplateURL": before["TemplateURL"]} == before
        uploaded.add(key)
    assert uploaded == bucket.objects.keys()
    assert {k: v for k, v in packaged.items() if k != "Resources"} == {
        k: v for k, v in root.items() if k != "Resources"
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
def test_flat_template_needs_no_upload(tmp_path: Path) -> None:
    from awscli.customizations.cloudformation import artifact_exporter as artifacts

    compiled = compile_spec("spec.yaml", lambda _: b"name: camunda\n", Layout.FLAT)
    write(compiled, tmp_path)
    bucket = Bucket()
    packaged = artifacts.Template("root.template.json", str(tmp_path), bucket).export()
    assert packaged == json.loads((tmp_path / "root.template.json").read_text())
    assert not bucket.objects
