"""Statements of task roles, held to what IAM takes: moto has its grammar, and IAM's answers."""

import json
from dataclasses import replace
from random import Random
from typing import Any

from moto.iam.policy_validation import IAMPolicyDocumentValidator

from camformation.components.iam import StatementSpec
from camformation.rules.grants import void
from camformation.rules.statements import refused
from deployments import deployment

STATEMENTS = 3000
PARTITIONS = ("aws", "aws", "aws", "*", "aws*", "aws-", "awz")
SERVICES = ("s3", "sqs", "iam", "kms", "lambda", "*", "s*", "?qs")
REGIONS = ("", "", "eu-west-2", "eu-*")
ACCOUNTS = ("", "111122223333", "*", "aws")
NAMES = ("b", "b/*", "role/x", "user/*", "*", "accesspoint/x", "root", "Role/x", "function:f")
ACTIONS = (
    "s3:GetObject",
    "s3:ListBucket",
    "s3:*",
    "iam:PassRole",
    "sqs:SendMessage",
    "kms:Decrypt",
)
OPERATORS = ("DateLessThan", "DateGreaterThanEqualsIfExists", "StringLike", "Bool", "IpAddress")
VALUES = (
    *("2026-01-01", "2026-13-01", "2026-01-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-02-31T00Z"),
    *("2026-01-01T00:00:00+25:00", "2026-01-01T00:00:61Z", "1700000000", "${aws:username}", "true"),
    *("10.0.0.0/8", "", "2026", "2026-00", "x"),
)


def arn(random: Random) -> str:
    parts = (PARTITIONS, SERVICES, REGIONS, ACCOUNTS, NAMES)
    _, service, *_, name = chosen = [random.choice(each) for each in parts]
    if service == "iam" and name == "*":  # which moto refuses, with a message that allows it
        return arn(random)
    return ":".join(["arn", *chosen])


def statement(random: Random) -> StatementSpec:
    conditions: dict[str, Any] = {}
    if random.random() < 0.5:
        conditions = {random.choice(OPERATORS): {"aws:CurrentTime": random.choice(VALUES)}}
    return StatementSpec(
        sid=None,
        effect="Allow",
        actions=(random.choice(ACTIONS),),
        resources=("arn:aws:s3:::b/*",) if conditions else (arn(random), arn(random)),
        conditions=conditions,
    )


def test_what_iam_refuses_is_refused() -> None:
    random, right = Random(161), 0
    some = deployment(region="eu-west-2")
    for _ in range(STATEMENTS):
        each = statement(random)
        orchestration = replace(some.orchestration, task_statements=(each,))
        changed = replace(some, orchestration=orchestration)
        list(void(changed))  # says something of each, or nothing
        if list(refused(changed)):
            continue
        document = {
            "Effect": each.effect,
            "Action": list(each.actions),
            "Resource": list(each.resources),
            "Condition": each.conditions,
        }
        text = json.dumps({"Version": "2012-10-17", "Statement": [document]})
        IAMPolicyDocumentValidator(text).validate()
        right += 1
    assert right > STATEMENTS / 10
