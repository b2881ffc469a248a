"""The roots of RDS that databases' certificates are verified with, and who gets which."""

import re
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from camformation.components.rds_authorities import VARIABLE, authorities, region_of
from camformation.layout import Layout, Template
from camformation.pipeline import compile_spec
from camformation.regions import PARTITIONS
from deployments import templates

TLS: dict[str, Any] = {"tls": {}}


def root(region: str, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authorities()[region][name].encode())


def variables(template: Template, task: str, name: str) -> dict[str, Any]:
    containers = template["Resources"][task]["Properties"]["ContainerDefinitions"]
    [found] = [each for each in containers if each["Name"] == name]
    return {each["Name"]: each["Value"] for each in found["Environment"]}


BROKER = ("OrchestrationTaskDefinition", "orchestration-cluster")
SEED = ("SeedTaskDefinition", "db-seed")


def test_every_commercial_region_has_its_own_roots() -> None:
    assert authorities().keys() == set(PARTITIONS["aws"])
    kinds = {"rsa2048": "RSA2048", "rsa4096": "RSA4096", "ecc384": "ECC384"}
    for region, found in authorities().items():
        assert found.keys() == {f"rds-ca-{kind}-g1" for kind in kinds}
        for kind, word in kinds.items():
            certificate = root(region, f"rds-ca-{kind}-g1")
            [common] = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            assert common.value == f"Amazon RDS {region} Root CA {word} G1"
            certificate.verify_directly_issued_by(certificate)  # its own authority, undamaged
            assert certificate.not_valid_after_utc.year >= 2061


def test_a_root_is_the_one_that_others_got_from_aws() -> None:
    """As users of the region's bundle wrote it down for themselves."""
    found = root("eu-west-2", "rds-ca-rsa2048-g1").fingerprint(hashes.SHA256()).hex()
    assert found == "3455640af7798b30da9c6179b5e21e23d95dabb7873a12fec70b02092745f04e"


def test_brokers_and_seed_get_the_root_of_their_region_in_a_variable() -> None:
    name = "rds-ca-ecc384-g1"
    database = {**TLS, "ca_certificate": name}
    template = templates(region="eu-west-2", database=database)["root"]
    expected = authorities()["eu-west-2"][name]
    broker, seed = variables(template, *BROKER), variables(template, *SEED)
    assert (broker[VARIABLE], seed[VARIABLE]) == (expected, expected)
    url = str(broker["CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"])
    assert "sslmode=verify-full" in url
    factory = "org.postgresql.ssl.SingleCertValidatingFactory"
    assert f"sslfactory={factory}&sslfactoryarg=env:{VARIABLE}" in url
    assert seed["PGSSLMODE"] == "verify-full"
    assert "Mappings" not in template


def test_a_seed_in_the_brokers_task_verifies_too() -> None:
    database = {**TLS, "seed": "init_container"}
    template = templates(region="us-east-1", database=database)["root"]
    expected = authorities()["us-east-1"]["rds-ca-rsa2048-g1"]
    assert variables(template, BROKER[0], "db-seed")[VARIABLE] == expected


@pytest.mark.parametrize("layout", list(Layout))
def test_without_a_region_a_mapping_has_the_roots_of_all(layout: Layout) -> None:
    found = templates(layout, database=TLS)
    for task, name in (BROKER, SEED):
        [template] = [each for each in found.values() if task in each["Resources"]]
        value = variables(template, task, name)[VARIABLE]
        mapping, region, key = value["Fn::FindInMap"]
        assert region == {"Ref": "AWS::Region"}
        content = template["Mappings"][mapping]
        assert {each: {key: pem["rds-ca-rsa2048-g1"]} for each, pem in authorities().items()} == (
            content
        )


def test_an_export_is_for_every_region_whatever_the_spec_says() -> None:
    text = b"name: camunda\nregion: eu-west-2\ndatabase: {tls: {}}\n"
    one = compile_spec("spec.yaml", lambda _: text, Layout.FLAT)
    all_ = compile_spec("spec.yaml", lambda _: text, Layout.FLAT, anywhere=True)
    assert "Mappings" not in one.templates["root"]
    assert all_.templates["root"]["Mappings"]["DatabaseAuthorities"].keys() == set(
        PARTITIONS["aws"]
    )


def test_an_authority_left_open_is_looked_up_by_its_name() -> None:
    text = (
        b"name: camunda\nregion: eu-west-2\ndatabase: {tls: {}}\n"
        b"parameters: {Authority: database.ca_certificate}\n"
    )
    template = compile_spec("spec.yaml", lambda _: text, Layout.FLAT).templates["root"]
    value = variables(template, *BROKER)[VARIABLE]
    mapping, region, inner = value["Fn::FindInMap"]
    names, authority, field = inner["Fn::FindInMap"]
    assert (region, authority) == ("eu-west-2", {"Ref": "Authority"})
    maps = template["Mappings"]
    for name, pem in authorities()["eu-west-2"].items():
        assert maps[mapping]["eu-west-2"][maps[names][name][field]] == pem
    assert re.fullmatch("[A-Za-z0-9]+", maps[names]["rds-ca-ecc384-g1"][field])


def test_an_existing_database_has_the_root_of_the_region_in_its_name() -> None:
    existing = {
        "host": "shared.cluster-c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com",
        "resource_id": "cluster-ABCDEFGHIJKL",
        "security_group_id": "sg-0a1b2c3d4e5f60001",
    }
    database = {**TLS, "existing": existing, "seed": "none"}
    template = templates(region="eu-west-2", database=database)["root"]
    found = variables(template, *BROKER)[VARIABLE]
    assert found == authorities()["eu-central-1"]["rds-ca-rsa2048-g1"]
    assert region_of("database.example.com") is None
    assert region_of("x.cn-north-1.rds.amazonaws.com.cn") == "cn-north-1"


def test_a_file_of_the_users_needs_no_variable() -> None:
    database = {"tls": {"ca_bundle": "/etc/rds.pem"}}
    template = templates(region="eu-west-2", database=database)["root"]
    for task, name in (BROKER, SEED):
        assert VARIABLE not in variables(template, task, name)
