"""The SNS topic that alarms and failed deployments are published to, with its key."""

from awacs.aws import (
    Action,
    Allow,
    Condition,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import AccountId, Ref
from troposphere.sns import Topic, TopicPolicy

from camformation.components.keys import add_key
from camformation.units import Unit, Value

PUBLISHERS = ("cloudwatch", "events")
SECTION = ("observability", "alarms", "topic_arn")


def build_topic(unit: Unit, key_unit: Unit) -> Value:
    """Add the topic, encrypted with a key that its publishers may use, and return its ARN.

    EventBridge publishes without `aws:SourceAccount`, so only CloudWatch's statement has the
    condition (Amazon EventBridge User Guide, Amazon SNS permissions; Amazon SNS Developer Guide,
    Enabling compatibility between event sources from AWS services and encrypted topics).
    """
    uses = Statement(
        Sid="Publishers",
        Effect=Allow,
        Principal=Principal("Service", [f"{each}.amazonaws.com" for each in PUBLISHERS]),
        Action=[Action("kms", "Decrypt"), Action("kms", "GenerateDataKey*")],
        Resource=["*"],
    )
    key = add_key(key_unit, "Alarms", "alarm topic", "delete", SECTION, statements=[uses])
    topic = unit.add(
        Topic("AlarmTopic", DisplayName=unit.deployment, KmsMasterKeyId=key), section=SECTION
    )
    condition = Condition(StringEquals("aws:SourceAccount", AccountId))
    unit.add(
        TopicPolicy(
            "AlarmTopicPolicy",
            Topics=[Ref(topic)],
            PolicyDocument=PolicyDocument(
                Version="2012-10-17",
                Statement=[
                    Statement(
                        Sid=each.title(),
                        Effect=Allow,
                        Principal=Principal("Service", f"{each}.amazonaws.com"),
                        Action=[Action("sns", "Publish")],
                        Resource=[Ref(topic)],
                        **({"Condition": condition} if each == "cloudwatch" else {}),
                    )
                    for each in PUBLISHERS
                ],
            ),
        ),
        section=SECTION,
    )
    return unit.export("AlarmTopicArn", Ref(topic))
