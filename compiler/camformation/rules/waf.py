"""The rule for AWS WAF's managed rules."""

from collections.abc import Iterator

from camformation.closeness import closest
from camformation.deployment import Deployment
from camformation.rules.registry import Violation, rule


@rule("CAM227", "Unknown managed rule of AWS WAF")
def counted_rules(d: Deployment) -> Iterator[Violation]:
    """`access.waf.counted_rules` names rules of the managed groups that only count. A name that no
    group has would change nothing, and the rule would continue to block.

    Source: AWS WAF Developer Guide, Baseline rule groups, IP reputation rule groups.
    """
    if not d.access.waf or not d.access.waf.counted_rules:
        return
    from camformation.components.waf_rules import GROUPS

    known = [each for rules in GROUPS.values() for each in rules]
    for index, name in enumerate(d.access.waf.counted_rules):
        if name not in known:
            near = closest(name, known)
            yield Violation(
                ("access", "waf", "counted_rules", index),
                f"{name} is not a rule of the managed groups",
                f"did you mean {near}?" if near else f"one of {', '.join(known)}",
            )
