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
        "A spec is at most 1 MiB, nests at most 40 deep and expands to at most 50,000 values. "
        "Larger ones are mistakes, or aliases that multiply.",
    ),
    "CAM005": (
        "Not text",
        "A spec is UTF-8 text without control characters. The position is the first byte or "
        "character that is not.",
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
}
