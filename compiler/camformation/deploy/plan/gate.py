"""The gate: changes that lose data are blocked unless the user names the block and the resource.

`--allow-data-loss CAM650:AuroraCluster` allows exactly that: one code, of one resource. For CAM626
the setting follows.

- CAM626 brokers would no longer find what is stored, because of a setting (`settings_gate`), or
  users not log in (`users_gate`, which only warns of what Camunda does not take up)
- CAM650 a resource that holds data is replaced: what it holds is left behind, whatever its policies
  say
- CAM651 a resource that holds data is deleted (only warned about, as CAM652, if its policy retains
  it)
- CAM653 a generated or stored secret would get another value
- CAM654 the database's administrator or the way its password is kept changes
- CAM655 an ECS service is replaced (only warned about where it gets capacity providers)
- CAM656 the VPC or a subnet is deleted, replaced or swapped, under everything that lives in it
  (`network_gate`)
- CAM657 a load balancer is replaced, and its target groups are not (`network_gate`)
- CAM762 a protected load balancer is deleted or replaced: AWS would leave it behind
  (`address_gate`)
- CAM658 a bucket gets another key, and nothing may decrypt with the old one; or a key is switched
  off (`key_gate`)
- CAM794 a setting goes on that the template no longer mentions, and something else fails for it
  (`kept_gate`; only warned about where nothing fails, as of database users and exporters)
- CAM798 a vault lock changes that may be fixed (`lock_gate`; only warned about for throughput,
  storage and exports), or a database that is stopped (`tasks_gate`)
- CAM716 the database begins to export logs together with the log group, which then fails
  (`log_gate`)
- CAM667 the database's engine goes up a major version, or one that its brokers do not work with;
  never allowed together with another version of Camunda, nor down (`engine_gate`)

Of the brokers' ECS service, for everything that hangs or destroys a running Zeebe cluster unless it
was prepared (`cluster_gate`, `settings_gate`, `tasks_gate`):

- CAM660 the number of brokers changes, or is not the one that was deployed
- CAM661 the number of partitions changes
- CAM662 the replication factor changes
- CAM663 the version goes down, or skips a minor version
- CAM792 the brokers' version goes to another minor one, while alarms may end the rollout
  (`rollout_gate`)
- CAM664 a restore starts in a running cluster
- CAM763 brokers' data moves to another file system or access point (`volume_gate`)

Never allowed, because CloudFormation would delete everything and start again (`identity_gate`):

- CAM665 the deployment's name changes
- CAM666 the layout changes
- CAM796 a new resource has a name that is taken, or a logical ID another type (`names_gate`)
- CAM717 a bucket would lose Object Lock, or the versions that it needs, which S3 refuses
  (`lock_gate`)
- CAM798 a property changes that its service never changes (`refused_gate`)

Only warned about:

- CAM647 another number of tasks runs than was deployed, or nobody could look (`tasks_gate`)
- CAM760 a load balancer has no targets until tasks are replaced (`address_gate`)
- CAM761 an address goes: a load balancer, a hostname, a context path, a NAT gateway's
  (`address_gate`)
- CAM656, CAM658 what of networks and keys may not work, but mostly does
- CAM793 a service keeps rollout alarms that its template no longer mentions (`rollout_gate`)
- CAM659 the brokers' image changes, and its name does not tell the version (`image_gate`)
- CAM652 a resource that holds data is no longer managed, but kept
- CAM764 a new database has data, and the new brokers have none (`source_gate`)
- CAM765 a parameter of the database takes effect only after a restart (`source_gate`)
- CAM766 a new database has no tables, or those of another version, and brokers create none
  (`source_gate`)
- CAM668 a resource that holds data loses a protection, or fewer backups are kept
  (`protection_gate`, `backup_gate`, `settings_gate`)
- CAM797 logs are deleted (`protection_gate`)
- CAM799 a part of what runs is interrupted (`interruption_gate`, `peers_gate`, `reach_gate`,
  `rollout_gate`)
- CAM669 `--allow-data-loss` names nothing that is blocked
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from camformation.deploy.plan.address_gate import address_gate
from camformation.deploy.plan.backup_gate import backup_gate
from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.cluster_gate import cluster_gate, identity_gate
from camformation.deploy.plan.engine_gate import engine_gate
from camformation.deploy.plan.holdings import KEPT, KEY, SECRET, Holding, holding, kept, loss
from camformation.deploy.plan.image_gate import image_gate
from camformation.deploy.plan.interruption_gate import interruption_gate
from camformation.deploy.plan.kept_gate import STRATEGY, kept_gate
from camformation.deploy.plan.key_gate import key_gate
from camformation.deploy.plan.lock_gate import lock_gate
from camformation.deploy.plan.log_gate import log_gate
from camformation.deploy.plan.model import Action, Block, Replacement, ResourceChange, Severity
from camformation.deploy.plan.names import still_taken
from camformation.deploy.plan.names_gate import names_gate, retyped
from camformation.deploy.plan.network_gate import network_gate
from camformation.deploy.plan.peers_gate import peers_gate
from camformation.deploy.plan.protection_gate import protection_gate
from camformation.deploy.plan.provider_schemas import NEVER
from camformation.deploy.plan.reach_gate import reach_gate
from camformation.deploy.plan.refused_gate import refused_gate
from camformation.deploy.plan.rollout_gate import rollout_gate
from camformation.deploy.plan.settings_gate import settings_gate
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.source_gate import other_origin, source_gate
from camformation.deploy.plan.tasks_gate import tasks_gate
from camformation.deploy.plan.template_diff import RETAIN, properties_of
from camformation.deploy.plan.users_gate import users_gate
from camformation.deploy.plan.volume_gate import volume_gate

ADMINISTRATOR = (
    *("MasterUsername", "ManageMasterUserPassword", "MasterUserPassword"),
    "MasterUserAuthenticationType",
)


def gate(situation: Situation, allow: Collection[str]) -> tuple[Block, ...]:
    """Return every block and warning, those named in `allow` as allowed."""
    identity = [*identity_gate(situation)]
    if identity:
        return judged(identity, allow)  # everything else follows from it
    found = [
        *cluster_gate(situation),
        *tasks_gate(situation),
        *rollout_gate(situation),
        *settings_gate(situation),
        *users_gate(situation),
        *engine_gate(situation),
        *network_gate(situation),
        *address_gate(situation),
        *key_gate(situation),
        *image_gate(situation),
        *source_gate(situation),
        *volume_gate(situation),
        *log_gate(situation),
        *lock_gate(situation),
        *kept_gate(situation),
        *names_gate(situation),
        *refused_gate(situation),
        *protection_gate(situation),
        *backup_gate(situation),
        *interruption_gate(situation),
        *peers_gate(situation),
        *reach_gate(situation),
        *(block for change in situation.changes for block in _resource_gate(situation, change)),
    ]
    return judged(found, allow)


def judged(found: Iterable[Block], allow: Collection[str]) -> tuple[Block, ...]:
    """Mark the blocks that `allow` names as allowed; warn of names without effect."""
    blocks = [replace(b, allowed=b.allow is not None and b.allow in allow) for b in found]
    used = {block.allow for block in blocks}
    unused = [_unused(name, blocks) for name in sorted(set(allow)) if name not in used]
    return (*sorted(blocks, key=lambda b: (b.severity is Severity.WARNING, b.allowed)), *unused)


def _unused(name: str, blocks: Iterable[Block]) -> Block:
    """Warn of a name without effect; a logical ID alone is not enough."""
    parts = name.split(":")
    resource = parts[1] if parts[1:] else name
    near = sorted({b.allow for b in blocks if b.allow and b.allow.split(":")[1] == resource})
    if near:
        said = "a logical ID alone is not enough" if not parts[1:] else "this is not blocked"
        hint = "these are: " + " or ".join(f"--allow-data-loss {each}" for each in near)
    else:
        said, hint = f"nothing about {resource} is blocked", "check the spelling, or leave it out"
    return Block("CAM669", Severity.WARNING, f"--allow-data-loss {name}: {said}", hint)


def _resource_gate(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    if retyped(situation, change):
        return  # which CloudFormation refuses (`names_gate`)
    held = holding(situation, change)
    replaced = change.action is Action.REPLACE or change.replacement is Replacement.CONDITIONAL
    if held and change.action is Action.DELETE:
        yield _deletion(situation, change, held)
    elif held and replaced and (change.action is Action.REPLACE or held.itself):
        yield _replacement(situation, change, held)
    elif change.type == "AWS::ECS::Service" and replaced:
        yield from _service(situation, change)
    yield from _secret_gate(change)
    yield from _database_gate(change)


def _deletion(situation: Situation, change: ResourceChange, held: Holding) -> Block:
    if change.old_resource == RETAIN:
        return Block(
            "CAM652",
            Severity.WARNING,
            f"{change.logical_id}: the deployment no longer manages {held.what}; {KEPT[RETAIN]}",
            "it continues to cost money until you delete it yourself"
            + still_taken(situation.before.get(change.address, {})),
            change.component,
            change.logical_id,
            change.location,
        )
    return blocked(
        change,
        "CAM651",
        f"{change.logical_id}: deletes {held.what}: {loss(change, held)}; "
        f"{kept(situation, change)}",
        "take a backup and make sure that nothing needs the resource; " + ALLOW,
        change.location,
    )


def _replacement(situation: Situation, change: ResourceChange, held: Holding) -> Block:
    why, hint = other_origin(change) or ("", "undo the change, or move the data first; " + ALLOW)
    cause = " because " + " → ".join(change.chain[:-1]) + " is replaced" if change.chain[1:] else ""
    cause = f" because {why}" if why else cause
    fresh = "another one" if why or change.type in (KEY, SECRET) else "a new, empty one"
    return blocked(
        change,
        "CAM650",
        f"{change.logical_id}: {_would(change)} {held.what}{cause}: {loss(change, held)}; {fresh} "
        f"takes its place, and {kept(situation, change)}",
        hint,
        change.location,
    )


def _service(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Block a replaced service. ECS changes the launch type in place, although CloudFormation
    announces a possible replacement (CloudFormation Template Reference, AWS::ECS::Service,
    LaunchType)."""
    drivers = {p.path for p in change.properties if p.requires_recreation != NEVER}
    if change.action is Action.REPLACE or drivers - {"LaunchType"}:
        yield blocked(
            change,
            "CAM655",
            f"{change.logical_id}: {_would(change)} the ECS service, which fails while the old one "
            "holds its name and its Service Connect endpoints",
            "keep the service's name and cluster; " + ALLOW,
            change.location,
        )
    elif STRATEGY in properties_of(situation.after, change.address):
        yield warned(
            change,
            "CAM655",
            f"{change.logical_id}: goes from a launch type to capacity providers: ECS replaces "
            "its tasks one after the other, and keeps the service, although CloudFormation "
            "announces that it may replace it",
            "nothing is lost: at worst the deployment fails here, and is rolled back",
            change.location,
        )


def _would(change: ResourceChange) -> str:
    return "replaces" if change.action is Action.REPLACE else "may replace"


def _secret_gate(change: ResourceChange) -> Iterator[Block]:
    if change.type != SECRET or change.action is not Action.CHANGE:
        return
    names = [
        leaf.path.split(".")[0] for leaf in change.properties if leaf.attribute == "Properties"
    ]
    for name in ("GenerateSecretString", "SecretString"):
        if name in names:
            does = "generates another password" if name.startswith("G") else "stores another value"
            yield blocked(
                change,
                "CAM653",
                f"{change.logical_id}: a change of {name} {does}: the present one is lost, and "
                "running tasks, the database and people who use it do not receive the new one",
                f"leave {name} as it is deployed; " + ALLOW,
                next(leaf.location for leaf in change.properties if leaf.path.startswith(name)),
            )


def _database_gate(change: ResourceChange) -> Iterator[Block]:
    if change.type not in ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
        return
    if change.action is not Action.CHANGE:
        return
    for leaf in change.properties:
        name = leaf.path.split(".")[0]
        if name in ADMINISTRATOR:
            yield blocked(
                change,
                "CAM654",
                f"{change.logical_id}: a change of {name} gives the database another "
                "administrator or password; the seed, and everybody else who logs in as the "
                "administrator, may be locked out",
                "keep it as it is deployed; " + ALLOW,
                leaf.location,
            )
