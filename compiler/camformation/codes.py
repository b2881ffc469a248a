"""What the codes outside CAM1xx mean; the rules document themselves (see `rules/`)."""

CODES: dict[str, tuple[str, str]] = {
    "CAM001": (
        "Not valid YAML",
        "The file cannot be read as YAML. The position is where the reader gave up; the cause is "
        "often a line above: a missing quote, bracket or colon, or wrong indentation.",
    ),
    "CAM002": (
        "Duplicate key",
        "A mapping has the same key twice. YAML readers differ in which one they keep, so neither "
        "is: remove one.",
    ),
    "CAM003": ("Spec cannot be read", "The file does not exist, is a folder, or is not readable."),
    "CAM004": (
        "Spec too large",
        "A spec or fleet file is at most 1 MiB, nests at most 40 deep and expands to at most "
        "50,000 values. Larger ones are mistakes, or aliases that multiply.",
    ),
    "CAM005": (
        "Not text",
        "A spec or fleet file is UTF-8 text without control characters. The position is the first "
        "byte or character that is not.",
    ),
    "CAM006": ("Not a mapping", "A spec is a mapping of keys to values that has at least `name`."),
    "CAM007": (
        "Key is not text",
        "Keys are text. YAML reads unquoted `1`, `true` and `null` as something else.",
    ),
    "CAM008": (
        "Tag without meaning",
        "A spec is plain data. CloudFormation's short forms such as `!Ref` and `!Sub` belong in "
        "templates, which camformation writes.",
    ),
    "CAM009": (
        "Base spec cannot be used",
        "`extends` names a spec by a path relative to the file it stands in. The base must exist "
        "and must not, over any number of steps, extend the spec again.",
    ),
    "CAM010": (
        "Value not allowed",
        "The value has the wrong type, or is not one that the field allows. "
        "`camformation explain PATH` says what is.",
    ),
    "CAM011": ("Unknown key", "The spec language has no such key in this place."),
    "CAM012": ("Missing key", "The key has no default, so it must be there."),
    "CAM013": (
        "Setting cannot be used",
        "`--set` takes a dotted path, `=` and a value in YAML: `--set orchestration.brokers=5`, "
        "`--set access.allowed_cidrs=[203.0.113.0/24]`.",
    ),
    "CAM014": (
        "Secret in place of its ARN",
        "Under `secrets` stands where a secret is kept: the ARN of a secret of AWS Secrets "
        "Manager, or of a parameter of Systems Manager. The secret itself is never written into a "
        "spec; where it was, replace it, for it is in the file's history. The line is not shown.",
    ),
    "CAM020": ("Unknown rule ignored", "An entry of `ignore` names a rule that does not exist."),
    "CAM021": (
        "Rule ignored for nothing",
        "An entry of `ignore` names a rule that nothing breaks (any more). Remove it, so that it "
        "cannot hide a later finding.",
    ),
    "CAM030": (
        "Folder belongs to another deployment",
        "The output folder has the manifest of a deployment with another name. Its files are left "
        "alone.",
    ),
    "CAM031": ("Folder cannot be written", "The templates could not be written to the folder."),
    "CAM032": (
        "Two specs of one name",
        "Specs that are compiled together need different names, because each is written to the "
        "folder of its name.",
    ),
    "CAM201": (
        "Template too large",
        "CloudFormation takes templates of up to 1,000,000 bytes from S3 (CloudFormation User "
        "Guide, Understand CloudFormation quotas). Use the nested layout, or shorten what the "
        "spec adds.",
    ),
    "CAM202": (
        "Too many resources",
        "A template has at most 500 resources (CloudFormation User Guide, Understand "
        "CloudFormation quotas). Use the nested layout.",
    ),
    "CAM203": (
        "Too many parameters or outputs",
        "A template has at most 200 parameters and 200 outputs (CloudFormation User Guide, "
        "Understand CloudFormation quotas).",
    ),
    "CAM204": (
        "Too many dynamic references",
        "A template has at most 60 dynamic references (CloudFormation User Guide, Understand "
        "CloudFormation quotas).",
    ),
    "CAM205": (
        "IAM policy too large",
        "A role has at most 10,240 characters of inline policies, 2,048 of trust policy, and 10 "
        "managed policies (IAM User Guide, IAM and AWS STS quotas).",
    ),
    "CAM206": (
        "Task definition too large",
        "A task definition has at most 64 KiB (Amazon ECS API Reference, RegisterTaskDefinition). "
        "Move large environment values into a file of the image, or an init container.",
    ),
    "CAM210": (
        "Patch of an unknown component",
        "`patches[].component` names a component that this deployment has: the name of its "
        "template, or `root`.",
    ),
    "CAM211": (
        "Patch does not apply",
        "An operation's path does not exist in the template, or the operation is not RFC 6902.",
    ),
    "CAM212": (
        "Patch expects something else",
        "A `test` operation found another value than the patch was written for. See whether the "
        "patch is still right, then change what it expects.",
    ),
    "CAM220": (
        "Field left open that there is not",
        "`parameters` names fields by their dotted path, entries of a list by their number: "
        "`access.allowed_cidrs.0`. The field, or the entry, must be there in the complete spec, "
        "which `camformation show` prints.",
    ),
    "CAM221": (
        "Field that cannot be left open",
        "The value of this field decides which resources exist, or how they fit together; that is "
        "settled when the templates are compiled. Where it has to differ, write a spec for each "
        "value, with `extends` for what they share. Of a list, leave the entries open. "
        "`camformation explain PATH` says which fields can be left open.",
    ),
    "CAM222": (
        "Field left open without a value",
        "The spec's value is the parameter's default, and whether there is one decides which "
        "resources exist. Give the field a value, even if every deployment has its own.",
    ),
    "CAM223": ("Field left open twice", "A field becomes one parameter, with one name."),
    "CAM224": (
        "Parameter that nothing takes",
        "The field has no effect in this deployment, since what it belongs to is switched off; a "
        "parameter would promise otherwise.",
    ),
    "CAM225": (
        "Name of a parameter that is taken",
        "In a template, parameters and resources share one set of names. The name belongs to a "
        "resource, a nested stack, or a value that nested stacks pass on, in one of the layouts.",
    ),
    "CAM301": (
        "cfn-lint error",
        "cfn-lint finds a template that CloudFormation would reject. The position is the part of "
        "the spec it comes from; the text ends with cfn-lint's own rule.",
    ),
    "CAM302": ("cfn-lint warning", "cfn-lint advises against something in a template."),
    "CAM303": (
        "Not a compiled folder",
        "`lint` takes specs, and folders that `compile` wrote: those have a manifest.json.",
    ),
    "CAM701": (
        "Two waves of one name",
        "Waves are told apart by their names, in plans and on the screen; upper and lower case are "
        "the same.",
    ),
    "CAM702": (
        "Target twice in a wave",
        "Two entries of a wave have the same account in the same region. Which one's unit and "
        "overrides it gets would depend on their order. In different waves that is no mistake: the "
        "first wave that has a place takes it.",
    ),
    "CAM703": (
        "Targets do not fit the permission model",
        "Targets of a SELF_MANAGED fleet are accounts. Targets of a SERVICE_MANAGED fleet are "
        "organizational units, and single accounts of them through `account_filter` with "
        "INTERSECTION (CloudFormation API Reference, DeploymentTargets).",
    ),
    "CAM704": (
        "Setting of the other permission model",
        "Roles are for SELF_MANAGED fleets; a delegated administrator and automatic deployment are "
        "for SERVICE_MANAGED ones (CloudFormation API Reference, CreateStackSet).",
    ),
    "CAM705": (
        "Both a count and a percentage",
        "The failure tolerance, and the accounts at one time, are each a count or a percentage "
        "(CloudFormation API Reference, StackSetOperationPreferences).",
    ),
    "CAM706": (
        "Concurrency that is lowered",
        "With STRICT_FAILURE_TOLERANCE, CloudFormation works in at most one account more than may "
        "fail, whatever `max_concurrent_count` says, and does not tell (CloudFormation API "
        "Reference, StackSetOperationPreferences).",
    ),
    "CAM707": (
        "Order of a region without targets",
        "`region_order` names a region that no target is in.",
    ),
    "CAM708": (
        "Override for unclear targets",
        "An override says by `account`, `organizational_unit` and `region`, one of them at least, "
        "which targets it is for; and no two of them may say the same, because neither would be "
        "the more particular.",
    ),
    "CAM709": (
        "Override that matches no target",
        "No target is in the account, unit and region of the override, so that its values reach "
        "nobody: often a typing error, or a target that is gone. A warning where only the "
        "accounts that are in the units now tell.",
    ),
    "CAM710": (
        "Account filter without effect",
        "An account of the filter is in none of the entry's units: INTERSECTION cannot take it, "
        "DIFFERENCE need not leave it out. Often a typing error, or an account that has moved.",
    ),
    "CAM711": (
        "No targets",
        "A unit has no accounts, or a wave has no targets that no earlier wave has.",
    ),
    "CAM720": (
        "Parameter that is not open",
        "Targets can differ in the fields that the spec leaves open as parameters, and in nothing "
        "else.",
    ),
    "CAM721": (
        "Value that the parameter does not take",
        "The value is not of the parameter's type, or outside the limits that stand in the "
        "template: CloudFormation would refuse it at every target.",
    ),
    "CAM722": (
        "Parameter without a value",
        "A parameter without a default needs a value at every target: under `parameters`, or in "
        "overrides.",
    ),
    "CAM723": (
        "Number that loses digits",
        "A number without quotes is read as a number: 8.10 is 8.1, and 007 is 7. Where the "
        "parameter is text, put it in quotes.",
    ),
    "CAM730": (
        "Blocks for a parameter that is no block",
        "`cidrs` is for parameters that are a CIDR block: text, with a block as their default or "
        "a pattern that takes one.",
    ),
    "CAM731": (
        "Pool that is no block",
        "A block begins at a multiple of its size: 10.64.0.7/10 names an address in 10.64.0.0/10.",
    ),
    "CAM732": (
        "Prefix length that does not fit",
        "Blocks lie in their pool, and have the prefix length of the parameter's default: the "
        "template's subnets are cut for it.",
    ),
    "CAM733": (
        "Pool too small",
        "The pool has fewer free blocks than targets need. Blocks of targets that are gone are "
        "kept until they are released.",
    ),
    "CAM734": (
        "Pools overlap",
        "Blocks of two parameters are from pools that overlap. None is given twice, but which "
        "parameter gets which could not be foreseen.",
    ),
    "CAM735": (
        "Parameter both allocated and set",
        "A parameter under `cidrs` has a block of its own at each target, so a value for all "
        "targets has no meaning. One target can be given a certain block by an override.",
    ),
    "CAM736": (
        "Accounts that join get no overrides",
        "Automatic deployment gives an account that joins a unit the StackSet's own parameters; "
        "neither overrides nor blocks reach it before the fleet is deployed again, and a VPC "
        "cannot change its block (CloudFormation API Reference, UpdateStackInstances).",
    ),
    "CAM737": (
        "Lock file cannot be read",
        "The lock file holds the block of each target. It is written by camformation; a merge may "
        "have damaged it. Repair it, or restore it: without it, targets would get other blocks.",
    ),
    "CAM738": (
        "Block outside its pool",
        "The pool or the prefix length has changed, and blocks that targets have do not lie in it. "
        "They are not moved, because a VPC cannot change its block: restore the pool, set the "
        "block in an override of the target, or release it.",
    ),
    "CAM739": (
        "Blocks overlap",
        "Two targets have blocks that overlap: by overrides, or because two changes of the lock "
        "file were merged.",
    ),
    "CAM740": (
        "Nothing to release",
        "The lock file has no block of this account and region.",
    ),
    "CAM750": (
        "Value of one account or region",
        "A StackSet's template is taken to many accounts and regions, so that no account, region, "
        "zone, partition, or resource of one account may stand in it. Leave the field open with "
        "`parameters`; each target then has its own value, from the fleet file or from "
        "`--parameter-overrides`.",
    ),
    "CAM751": (
        "Not for StackSets",
        "Templates with macros or transforms, NoEcho parameters, code in a bucket or names that "
        "can be there only once are refused by StackSets, or fail in the second target "
        "(CloudFormation User Guide, Best practices and requirements for StackSets). Nested stacks "
        "are for self-managed StackSets alone.",
    ),
    "CAM752": ("Options that contradict each other", "What the options ask for cannot be had."),
    "CAM753": (
        "Accounts known only to AWS Organizations",
        "Which accounts an organizational unit has is known to AWS Organizations alone, which an "
        "export does not ask. `camformation fleet plan` and `fleet deploy` do.",
    ),
}
