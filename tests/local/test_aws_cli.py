"""The AWS CLI's own `package` and `deploy` work on what the compiler writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import BUCKET, Cloud
from local.templates import data, nested, service


def aws(cloud: Cloud, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `aws cloudformation` in the folder, with no configuration of the user."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": cloud.target.access_key,
        "AWS_SECRET_ACCESS_KEY": cloud.target.secret_key,
        "AWS_DEFAULT_REGION": cloud.target.region,
        "AWS_ENDPOINT_URL": cloud.target.endpoint_url,
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "awscli", "cloudformation", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_package_and_deploy(cloud: Cloud, tmp_path: Path) -> None:
    pytest.importorskip("awscli")
    folder = tmp_path / "out"
    folder.mkdir()
    root = nested({"data": "data.template.json", "service": "service.template.json"})
    for name, template in (("root", root), ("data", data()), ("service", service())):
        (folder / f"{name}.template.json").write_text(json.dumps(template))
    cloud.upload("any", {})  # makes the bucket
    packaged = aws(
        cloud,
        folder,
        *("package", "--template-file", "root.template.json", "--s3-bucket", BUCKET),
        *("--use-json", "--output-template-file", "packaged.json"),
    )
    assert packaged.returncode == 0, packaged.stderr
    deploy = (
        *("deploy", "--template-file", "packaged.json", "--stack-name", "demo"),
        *("--capabilities", "CAPABILITY_NAMED_IAM"),
    )
    deployed = aws(cloud, folder, *deploy)
    assert deployed.returncode == 0, deployed.stderr
    assert cloud.outputs("demo")["ServiceName"] == "orchestration"
    again = aws(cloud, folder, *deploy, "--no-fail-on-empty-changeset")
    assert again.returncode == 0, again.stderr
    assert "No changes to deploy" in again.stdout
