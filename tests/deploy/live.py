"""A compiled deployment as if it were live in a fake cloud."""

from typing import Any

from camformation.deploy.cloud.services import DatabaseCluster, ServiceState
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.plan.symbols import STACK
from camformation.layout import Layout, Templates, logical_id
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, REGION, FakeStack
from deployments import templates

ARN = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"


def live(
    fake: FakeCloud, layout: Layout = Layout.NESTED, **sections: Any
) -> tuple[FakeStack, Templates]:
    """Let a spec of these sections be deployed; return its root stack and its templates."""
    compiled = templates(layout, **sections)
    root = fake.stacks.add("camunda", template=uploaded(compiled["root"]))
    for name, template in compiled.items():
        stack = root if name == "root" else fake.stacks.child(root, logical_id(name))
        stack.status = "CREATE_COMPLETE"
        stack.template = uploaded(template)
        stack.resources = tuple(
            StackResource(
                title, _physical(fake, root, title, body), body["Type"], "CREATE_COMPLETE"
            )
            for title, body in template["Resources"].items()
        )
    return root, compiled


def uploaded(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template as packaging leaves it: nested templates by the URL of their content."""
    bodies = {
        title: body
        | (
            {"Properties": body["Properties"] | {"TemplateURL": "https://s3/0a1b.template"}}
            if body["Type"] == STACK
            else {}
        )
        for title, body in template["Resources"].items()
    }
    return {**template, "Resources": bodies}


def _physical(fake: FakeCloud, root: FakeStack, title: str, body: dict[str, Any]) -> str:
    kind, name = body["Type"], title.lower()
    if kind == STACK:
        return fake.stacks.child(root, title).id
    if kind == "AWS::S3::Bucket":
        fake.objects.buckets[name] = {"object": (b"", fake.clock.now())}
    if kind == "AWS::RDS::DBCluster":
        protected = bool(body["Properties"].get("DeletionProtection"))
        fake.databases.clusters[name] = DatabaseCluster(name, "available", protected)
    if kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        attributes = body["Properties"]["LoadBalancerAttributes"]
        on = {"Key": "deletion_protection.enabled", "Value": "true"} in attributes
        fake.targets.protected[name] = on
    if kind == "AWS::ECS::Service":
        arn = ARN.format("ecs", f"service/camunda/{name}")
        fake.services.states[name] = ServiceState(arn, name, "ACTIVE", 3, 3, 0)
        return arn
    return name
