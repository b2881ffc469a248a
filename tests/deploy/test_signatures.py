"""Known failures are recognised by AWS's and Camunda's words, and explained."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from camformation.deploy.cloud.services import ContainerState, LogLine
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.fleet.causes import cause_of
from camformation.deploy.operation.causes import plain
from camformation.deploy.operation.events import Evidence, Failure, Finished
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.deploy.operation.signatures import (
    AWS,
    EXITED,
    LOG,
    LONGEST,
    Said,
    advice_on,
    recognised,
    said_of,
    signatures,
)
from camformation.deploy.operation.watch import watch
from camformation.frozen import replaced
from camformation.report.deployment.diagnosis_text import diagnosis_text
from camformation.report.deployment.words import failure
from camformation.source import parse
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import Step
from deploy.following import end

FILE = Path(__file__).with_name("signatures.yaml")
LINK = re.compile("https://[^ ]*console")
BEGAN = datetime(2026, 11, 28, 12, tzinfo=UTC)


def cases() -> list[tuple[str, Said]]:
    """Return what the file says: keys, and texts as they are recognised.

    A status reason is recognised without the wrapping of its handler. A case may name the version
    of Camunda that writes the line.
    """
    read = parse(FILE.read_bytes(), FILE.name).data
    found = []
    for place in (AWS, LOG):
        for key, text, *version in read[place]:
            words = plain(str(text)) if place == AWS else str(text)
            found.append((str(key), Said(place, words, *map(str, version))))
    return found


CASES = cases()


def test_known_failures_are_recognised() -> None:
    wrong = []
    for key, said in CASES:
        found = recognised([said])
        if found is None or found.key != key:
            wrong.append((key, found and found.key, said))
            continue
        assert found.means and found.advice
        assert not set("{}") & set(found.means + found.advice), found
    assert not wrong


def test_every_signature_has_a_case() -> None:
    assert {each.key for each in signatures()} == {key for key, _ in CASES}


def test_every_pattern_is_the_first_to_match_some_case_or_is_a_relative_of_one() -> None:
    """A signature that another one always precedes would never be told."""
    told = {recognised([said]) for _, said in CASES}
    assert {each.means for each in told if each} >= {
        each.means for each in signatures() if "{" not in each.means
    } - {"a service-linked role is missing in the account, or was only just created"}


def test_account_signatures_are_known_in_fleets_too() -> None:
    account = {each.key for each in signatures() if each.account}
    for key, said in CASES:
        if key in account:
            reason = f"ResourceLogicalId:X, ResourceType:Y, ResourceStatusReason:{said.text}"
            assert (said.place, cause_of(reason).key) == (AWS, key)


def test_causes_in_fleets_name_what_the_reason_names() -> None:
    for _, said in CASES:
        if said.place == AWS:
            cause = cause_of(said.text)
            assert not set("{}") & set(cause.text + cause.advice), cause


@pytest.mark.parametrize(
    "wrapping",
    [
        "(RequestToken: 1a-2b, HandlerErrorCode: AccessDenied)",
        "(HandlerErrorCode: AccessDenied)",
        "(RequestToken: 1a-2b HandlerErrorCode: AccessDenied)",
        "(RequestToken: , HandlerErrorCode: AccessDenied).",
        "(RequestToken: 1a-2b,\n   HandlerErrorCode: AccessDenied)",
    ],
)
@pytest.mark.parametrize("gap", ["", " ", "\n"])
def test_what_handlers_wrap_around_a_reason_is_left_out(wrapping: str, gap: str) -> None:
    reason = f'Resource handler returned message: "it says\n"no" (Service: Ecs)"{gap}{wrapping}'
    assert plain(reason) == 'it says "no" (Service: Ecs) (AccessDenied)'


def test_the_cause_is_found_in_a_stack_trace_of_any_length() -> None:
    """Spring's traces have the cause near their end, before its own frames."""
    frames = "".join(
        f"\n\tat org.springframework.beans.factory.Beans${n}.create(Beans.java:{n}) ~[spring.jar:6]"
        for n in range(120)
    )
    beans = "".join(
        f"\nCaused by: org.springframework.beans.factory.BeanCreationException: bean {n} needs it"
        f"{frames}\n\t... 38 common frames omitted"
        for n in range(9)
    )
    cause = 'org.postgresql.util.PSQLException: FATAL: role "camunda" does not exist'
    event = (
        f"ERROR - Application run failed{frames}{beans}\nCaused by: {cause}{frames}\n\t... 9 more"
    )
    assert len(event) > 80_000
    found = recognised([Said(LOG, event)])
    assert found and found.key == "database-user-missing" and "`camunda`" in found.means


@pytest.mark.parametrize("place", [AWS, LOG])
def test_failures_are_found_at_both_ends_of_a_text_of_any_length(place: str) -> None:
    said = next(said for _, said in CASES if said.place == place)
    plainly = recognised([said])
    for text in (f"{said.text} {'a' * 100_000}", f"{'a ' * 50_000}{said.text}"):
        found = recognised([Said(place, text)])
        assert found and plainly and found.key == plainly.key
        assert len(found.text) < LONGEST + 10


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("java.net.UnknownHostException: idp.example.com", "host-unknown"),
        ("APPLICATION FAILED TO START", "application-failed"),
        ("No license detected when one is expected", "container-exited"),
        ("Jwt expired at 2026-11-28T10:00:00Z", "container-exited"),
    ],
)
@pytest.mark.parametrize("reason", EXITED)
def test_a_log_tells_more_than_that_a_task_ended(line: str, key: str, reason: str) -> None:
    """Unless the line tells of something that ends no task."""
    stream = "orchestration/orchestration/0a1b"
    found = Evidence(
        task="0a1b",
        task_definition="arn:aws:ecs:eu-west-2:111122223333:task-definition/camunda:3",
        stopped_reason=reason,
        containers=(ContainerState("orchestration", "camunda/camunda", "STOPPED", 1),),
        log=(LogLine(BEGAN, stream, line), LogLine(BEGAN, stream, "goodbye")),
    )
    known = recognised(said_of(None, found, ()))
    assert known and known.key == key


def test_what_a_task_says_counts_more_than_what_its_service_says() -> None:
    breaker = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
    found = recognised([Said(AWS, breaker), dict(CASES)["image-not-found"]])
    assert found and found.key == "image-not-found"
    found = recognised([Said(AWS, breaker)])
    assert found and found.key == "circuit-breaker"


@pytest.mark.parametrize("place", [AWS, LOG])
def test_words_count_only_in_their_place(place: str) -> None:
    other = {AWS: LOG, LOG: AWS}[place]
    for key, said in CASES:
        if said.place == other:
            found = recognised([said._replace(place=place)])
            assert found is None or found.key != key


def test_an_unknown_version_is_recognised_in_the_words_of_all_and_told_what_holds_for_all() -> None:
    """Of one's own builds, and of versions that came later."""
    for key, said in CASES:
        if said.version:
            found, general = recognised([said._replace(version=None)]), recognised([said])
            assert found and general and found.key == general.key == key
            own = [each for each in signatures() if each.key == key]
            assert found.means in {each.means for each in own}
            assert found.advice in {each.advice for each in own}


def test_lines_that_only_8_10_writes_are_not_looked_for_in_8_9() -> None:
    lines = [said for key, said in CASES if said.version == "8.10" and key != "rocksdb-memory"]
    assert len(lines) > 3
    assert [recognised([said]) is None for said in lines] == [False] * len(lines)
    assert [recognised([each._replace(version="8.9")]) for each in lines] == [None] * len(lines)


def test_every_version_with_words_of_its_own_has_a_case() -> None:
    assert {(each.key, version) for each in signatures() for version in each.versions} == {
        (key, said.version) for key, said in CASES if said.version
    }


@pytest.mark.parametrize(
    ("image", "word"),
    [
        ("camunda/camunda:8.9.28", "MEMORYLIMIT"),
        ("111122223333.dkr.ecr.eu-west-2.amazonaws.com/camunda:8.10.9-acme", "MEMORYFRACTION"),
        ("registry.example.com/camunda:stable", "RocksDB's share"),
        ("camunda/camunda:8.11.0", "RocksDB's share"),
    ],
)
def test_advice_names_the_setting_of_the_version_that_the_failed_container_runs(
    image: str, word: str
) -> None:
    assert word in (advice_on(said_of(None, too_little_memory(image), ())) or "")


def test_the_version_of_the_deployment_counts_where_the_image_says_none() -> None:
    for image, word in (("own/camunda:stable", "MEMORYLIMIT"), ("a:8.10.9", "MEMORYFRACTION")):
        found = record(failed("it failed", too_little_memory(image)))
        found = replaced(found, header=replaced(found.header, version="8.9"))
        assert word in diagnosis_text(diagnose(found))


def too_little_memory(image: str) -> Evidence:
    """Return what a broker with too little memory leaves behind, beside a sidecar."""
    line = next(said.text for key, said in CASES if key == "rocksdb-memory")
    sidecar = ContainerState("agent", "agent:8.9", "RUNNING")
    return Evidence(
        task="0a1b",
        task_definition="arn:aws:ecs:eu-west-2:111122223333:task-definition/camunda:3",
        stopped_reason="Essential container in task exited",
        containers=(sidecar, ContainerState("orchestration", image, "STOPPED", 1)),
        log=(LogLine(BEGAN, "orchestration/orchestration/0a1b", line),),
    )


def test_what_is_said_of_healthy_tasks_is_left_alone() -> None:
    said = parse(FILE.read_bytes(), FILE.name).data["neither"]
    assert not [text for place, text in said if recognised([Said(str(place), str(text))])]


def test_what_passes_by_itself_never_ends_a_deployment() -> None:
    said = [Said(*map(str, each)) for each in parse(FILE.read_bytes(), FILE.name).data["passing"]]
    known = [recognised([each]) for each in said]
    assert not [each for each in known if each and each.kind == "permanent"]


@pytest.mark.parametrize("text", ["", "no reason", "Resource creation Initiated", "is stable"])
def test_other_words_are_left_alone(text: str) -> None:
    assert advice_on([Said(AWS, text), Said(LOG, text)]) is None


@pytest.mark.parametrize("kind", ["permanent", "transient", None])
def test_kinds_are_known(kind: str | None) -> None:
    assert {each.kind for each in signatures()} >= {kind}
    assert {each.kind for each in signatures()} <= {"permanent", "transient", None}


def test_a_failure_is_shown_with_what_to_do() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    quota = next(said.text for key, said in CASES if key == "eip-quota")
    fake.stacks.play(
        root,
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(1, "CREATE_FAILED", "NatEip1", "AWS::EC2::EIP", quota),
            Step(2, "ROLLBACK_IN_PROGRESS"),
            Step(9, "ROLLBACK_COMPLETE"),
        ],
    )
    fake.clock.sleep(60)
    found = end(list(watch(fake.cloud, fake.clock, "camunda"))).failures[0]
    assert isinstance(found, Failure)
    assert any(line.startswith("    hint: ") and "L-0263D0A3" in line for line in failure(found))


def test_a_failure_without_a_known_cause_has_no_hint() -> None:
    lines = failure(failed("no reason", None))
    assert not [line for line in lines if "hint" in line]


def test_each_signature_is_printed(golden: Callable[[str, Any], None]) -> None:
    """From a constructed case to its block: the first case of each meaning, in each version."""
    blocks = []
    printed: set[tuple[str, str | None]] = set()
    for key, (place, text, version) in CASES:
        known = recognised([Said(place, text, version)])
        if known is None or (known.means, version) in printed:
            continue
        printed.add((known.means, version))
        evidence = None
        if place == LOG:
            image = f"camunda/camunda:{version}.1" if version else "camunda/camunda"
            evidence = Evidence(
                task="0a1b",
                task_definition="arn:aws:ecs:eu-west-2:111122223333:task-definition/camunda:3",
                stopped_reason="Essential container in task exited",
                containers=(ContainerState("orchestration", image, "STOPPED", 1),),
                log=(LogLine(BEGAN, "orchestration/orchestration/0a1b", text),),
                log_group="/camunda",
            )
        reason = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
        told = reason if evidence else text
        shown = diagnosis_text(diagnose(record(failed(told, evidence))))
        lines = [line for line in shown.splitlines() if not LINK.search(line)]
        title = f"{key}, Camunda {version}" if version else key
        blocks.append("\n".join([title, *lines, ""]))
    golden("diagnosis/signatures.txt", "\n".join(blocks))


def failed(reason: str, evidence: Evidence | None) -> Failure:
    """Return the failure of a service."""
    return Failure(
        time=BEGAN,
        component="orchestration",
        logical_id="OrchestrationService",
        type="AWS::ECS::Service",
        status="CREATE_FAILED",
        reason=reason,
        physical_id="arn:aws:ecs:eu-west-2:111122223333:service/camunda/orchestration",
        evidence=evidence,
    )


def record(*failures: Failure) -> OperationRecord:
    """Return the record of an operation that failed."""
    arn = "arn:aws:cloudformation:eu-west-2:111122223333:stack/camunda/1"
    header = Header(
        id="1",
        kind="CREATE",
        began=BEGAN,
        stack="camunda",
        stack_id=arn,
        account="111122223333",
        region="eu-west-2",
    )
    end = Finished(
        time=BEGAN,
        stack="camunda",
        stack_id=arn,
        status="ROLLBACK_COMPLETE",
        succeeded=False,
        elapsed=754.0,
        failures=failures,
    )
    return OperationRecord(header, (end,))
