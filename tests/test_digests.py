"""Digests of images: asked of registries over HTTP, recorded once, used by every command."""

import json
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.deploy.aws.offers import MANIFESTS as ACCEPTED
from camformation.deploy.aws.offers import AwsRegistries
from camformation.deploy.cloud.account import Image
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.preflight.oci_registry import MANIFESTS, Reference, digest, reference
from deploy.test_aws import Stub
from deployments import resources

MANIFEST = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
DIGEST = f"sha256:{sha256(MANIFEST).hexdigest()}"
Output = pytest.CaptureFixture[str]


class Registry(ThreadingHTTPServer):
    """A registry that speaks as much of the distribution API as a reader needs."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[str] = []
        self.tags = {"camunda/camunda:8.10.9", "library/postgres:17"}
        self.token: str | None = None
        self.realm = f"http://{self.name}/token"
        self.tells = True  # the digest, in a header
        self.status = 0
        self.accepted = ""

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Registry

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        registry = self.server
        registry.asked.append(f"{self.command} {self.path}")
        if self.path.startswith("/token"):
            return self._send(200, json.dumps({"token": registry.token}).encode())
        registry.accepted = self.headers["Accept"]
        if registry.status:
            return self._send(registry.status)
        if registry.token and self.headers["Authorization"] != f"Bearer {registry.token}":
            challenge = f'Bearer realm="{registry.realm}",service="x",scope="repository:a:pull"'
            return self._send(401, headers={"WWW-Authenticate": challenge})
        name, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
        if f"{name}:{tag}" not in registry.tags:
            return self._send(404)
        return self._send(
            200, MANIFEST, {"Docker-Content-Digest": DIGEST} if registry.tells else {}
        )

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as found:
        Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        yield found
        found.shutdown()


def test_references_are_taken_apart_as_docker_does() -> None:
    assert reference("postgres:17") == Reference("docker.io", "library/postgres", "17")
    assert reference("camunda/camunda:8.10.9") == Reference(
        "docker.io", "camunda/camunda", "8.10.9"
    )
    assert reference("docker.io/camunda/camunda") == Reference(
        "docker.io", "camunda/camunda", "latest"
    )
    assert reference("r.example.com:5000/a/b/c:1") == Reference("r.example.com:5000", "a/b/c", "1")


def test_a_digest_is_asked_without_pulling(registry: Registry) -> None:
    assert digest(f"{registry.name}/camunda/camunda:8.10.9") == DIGEST
    assert registry.asked == ["HEAD /v2/camunda/camunda/manifests/8.10.9"]
    assert registry.accepted == ", ".join(MANIFESTS)


def test_a_registry_that_names_no_digest_is_read(registry: Registry) -> None:
    registry.tells = False
    assert digest(f"{registry.name}/camunda/camunda:8.10.9") == DIGEST


def test_an_anonymous_token_is_fetched_where_the_registry_says(registry: Registry) -> None:
    registry.token = "abc"
    assert digest(f"{registry.name}/camunda/camunda:8.10.9") == DIGEST
    assert registry.asked[1] == "GET /token?service=x&scope=repository%3Aa%3Apull"


@pytest.mark.parametrize(
    ("change", "tag", "said"),
    [
        ({}, "9.9", "there is no such image"),
        ({"status": 500}, "8.10.9", "answers 500"),
        ({"status": 403}, "8.10.9", "requires a login"),
        ({"token": "a b"}, "8.10.9", "requires a login"),
        ({"token": "abc", "realm": "file:///etc/passwd"}, "8.10.9", "requires a login"),
        ({"token": "abc", "realm": "http://example.com/token"}, "8.10.9", "requires a login"),
    ],
)
def test_what_a_registry_refuses_is_said(
    registry: Registry, change: dict[str, Any], tag: str, said: str
) -> None:
    for name, value in change.items():
        setattr(registry, name, value)
    with pytest.raises(DeployError, match=said) as raised:
        digest(f"{registry.name}/camunda/camunda:{tag}")
    assert raised.value.code == "CAM785" and raised.value.hint


def test_a_registry_that_is_not_there_is_said() -> None:
    with pytest.raises(DeployError, match="does not answer as a registry"):
        digest("127.0.0.1:9/camunda/camunda:8.10.9")


def test_ecr_tells_the_digest_of_an_image() -> None:
    asked = {
        "registryId": "111122223333",
        "repositoryName": "camunda",
        "imageIds": [{"imageTag": "8.10.9"}],
        "acceptedMediaTypes": ACCEPTED,
    }
    stub = Stub()
    client = stub(
        "ecr",
        (
            "batch_get_image",
            asked,
            {"images": [{"imageManifest": "{}", "imageId": {"imageDigest": DIGEST}}]},
        ),
    )
    found = AwsRegistries(lambda _: client).image("111122223333", "eu-west-2", "camunda", "8.10.9")
    assert found == Image((), DIGEST)


def written(folder: Path, registry: Registry, more: str = "") -> Path:
    spec = folder / "camunda.yaml"
    spec.write_text(
        f"{more}name: camunda\n"
        f'orchestration: {{image: "{registry.name}/camunda/camunda:8.10.9"}}\n'
        "connectors: {enabled: false}\n"
        f'database: {{seed_image: "{registry.name}/library/postgres:17"}}\n'
    )
    return spec


def run(spec: Path, *more: str) -> int:
    return main(["compile", str(spec), "--out", str(spec.parent / "out"), *more])


def images(folder: Path) -> set[str]:
    texts = [path.read_text() for path in (folder / "out").glob("*.template.json")]
    return {
        container["Image"]
        for text in texts
        for resource in json.loads(text)["Resources"].values()
        for container in resource.get("Properties", {}).get("ContainerDefinitions", ())
    }


def test_digests_are_recorded_and_every_later_compilation_uses_them(
    registry: Registry, tmp_path: Path, capsys: Output
) -> None:
    spec = written(tmp_path, registry)
    assert run(spec, "--resolve-digests") == 1
    said = capsys.readouterr().err
    assert "records the digests of 2 images" in said and "CAM786" in said
    assert "extends: camunda.digests.yaml" in said
    recorded = (tmp_path / "camunda.digests.yaml").read_text()
    assert recorded.count(DIGEST) == 2

    spec = written(tmp_path, registry, "extends: camunda.digests.yaml\n")
    assert run(spec, "--resolve-digests") == 0
    assert (tmp_path / "camunda.digests.yaml").read_text() == recorded
    pinned = {
        f"{registry.name}/camunda/camunda:8.10.9@{DIGEST}",
        f"{registry.name}/library/postgres:17@{DIGEST}",
    }
    assert images(tmp_path) == pinned

    registry.asked.clear()
    assert run(spec) == 0  # without the flag, nothing is asked
    assert images(tmp_path) == pinned and not registry.asked


def test_the_file_extends_what_the_spec_did(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("tags: {team: bpm}\n")
    assert run(written(tmp_path, registry, "extends: base.yaml\n"), "--resolve-digests") == 1
    spec = written(tmp_path, registry, "extends: camunda.digests.yaml\n")
    for _ in range(2):  # it keeps what it extends
        assert run(spec, "--resolve-digests") == 0
        assert 'extends: "base.yaml"' in (tmp_path / "camunda.digests.yaml").read_text()


def test_nothing_is_recorded_where_a_registry_does_not_answer(
    registry: Registry, tmp_path: Path, capsys: Output
) -> None:
    registry.tags.remove("library/postgres:17")
    assert run(written(tmp_path, registry), "--resolve-digests") == 1
    said = capsys.readouterr().err
    assert "camunda.yaml:4:" in said and "there is no such image" in said
    assert not (tmp_path / "camunda.digests.yaml").exists() and not (tmp_path / "out").exists()


def test_an_open_image_and_one_with_a_digest_are_left_alone(
    registry: Registry, tmp_path: Path
) -> None:
    fixed = f"{registry.name}/library/postgres:17@{DIGEST}"
    spec = written(tmp_path, registry, "parameters: {Image: orchestration.image}\n")
    assert run(spec, "--resolve-digests", "--set", f"database.seed_image={fixed}") == 0
    assert not registry.asked and not (tmp_path / "camunda.digests.yaml").exists()


def test_digests_of_the_spec_are_used_by_every_container() -> None:
    found = resources(
        registry={"digests": {"camunda/camunda:8.10.9": DIGEST}},
        orchestration={"image": "camunda/camunda:8.10.9", "restore": {}},
    )
    task = found["OrchestrationTaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert [each["Image"] for each in task] == [f"camunda/camunda:8.10.9@{DIGEST}"] * 2
