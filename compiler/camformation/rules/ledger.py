"""A table of what Camunda and AWS demand of a deployment, and where each demand is checked.

Most are rules or limits of the schema. Some cannot be broken by a spec, some show only in a live
deployment, and some do not apply: the ledger says why. `rules.document` prints it.
"""

LEDGER: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Cluster",
        (
            ("At least one broker, one partition, one replica", "schema"),
            ("No more replicas than brokers", "CAM101"),
            ("An odd replication factor; three brokers and replicas in production", "CAM102"),
            ("Partitions that spread evenly, at least one for each broker", "CAM103"),
            ("Partitions of a live cluster only become more, by its own API", "gate: CAM661"),
            (
                "Brokers and replicas of a live cluster change by its own API",
                "gate: CAM660, CAM662",
            ),
            ("Two brokers are no redundancy", "CAM106"),
            (
                "How many brokers stay up during an update",
                "computed from their number, so that one is replaced at a time",
            ),
            ("A lease of 5 to 30 seconds, shorter than the readiness check", "schema, CAM107"),
            ("Leases are renewed in time", "Camunda derives it from the lease"),
            ("Time to stop: longer than a shutdown phase, at most 120 seconds", "CAM108, schema"),
            ("A start period of at most 300 seconds, within the grace period", "schema, CAM109"),
        ),
    ),
    (
        "Versions",
        (
            ("Camunda 8.9 or later", "CAM110"),
            ("All images of one minor version", "CAM111"),
            ("No alpha, snapshot, `latest` or tag without a patch version", "CAM112"),
            ("Images of the applications that are to run", "CAM199"),
            ("No release that Camunda warns of", "CAM116"),
            ("Updates to the next minor version only, and never back", "gate: CAM663"),
            ("No setting that the version does not know", "CAM114"),
            ("A PostgreSQL that the version supports", "CAM115"),
            (
                "PostgreSQL of Management Identity",
                "does not apply: Management Identity, Camunda Hub and Optimize are not deployed",
            ),
        ),
    ),
    (
        "Secondary storage",
        (
            (
                "Exactly one, and no settings of another",
                "always PostgreSQL; CAM120, CAM172, CAM180",
            ),
            ("A database user with its password or IAM rights", "CAM121"),
            (
                "Elasticsearch or OpenSearch for Optimize, and their addresses and index prefixes",
                "does not apply: neither is deployed",
            ),
            (
                "The driver's failover with several instances",
                "by construction: the address has it from two instances on",
            ),
            ("Names that PostgreSQL and RDS take", "schema, CAM124, CAM125"),
            ("A capacity that makes sense; enough for production", "CAM177, CAM182, CAM187"),
            ("Instance classes and releases that Aurora has", "CAM148, CAM149"),
        ),
    ),
    (
        "Backup and restore",
        (
            ("Continuous backups with a schedule, in production always", "CAM130"),
            ("A retention longer than the interval", "CAM131"),
            (
                "Different buckets for node IDs, backups and documents",
                "by construction: each is made, and CAM172 keeps its variable from being set",
            ),
            ("One backup, or a range, not both; a range needs continuous backups", "CAM133"),
            ("Backup IDs of letters, digits, `_` and `-`", "schema"),
            (
                "As many partitions as the backup has, and a version that can read it",
                "not to be seen in a spec; Camunda's restore refuses, and CAM664 asks before",
            ),
        ),
    ),
    (
        "Access",
        (
            ("OpenID Connect with all it needs, and somebody who may administer", "CAM140, CAM175"),
            ("Secrets and keys of this account and region, or readable here", "CAM141"),
            ("Users with basic authentication", "their passwords are generated; CAM142"),
            ("Multi-tenancy and authorizations with a protected API", "CAM143"),
            ("Identifiers that Camunda takes", "CAM144"),
        ),
    ),
    (
        "Network",
        (
            ("A block that has room for all tasks", "CAM150"),
            ("Two or three zones; three for three brokers", "schema, CAM151"),
            ("Subnets of an existing VPC that serve", "CAM152"),
            (
                "DNS hostnames and zones of an existing VPC",
                "not to be seen in a spec; both are on in a VPC that is made",
            ),
            (
                "Not open to the world, nor to nobody; management port guarded",
                "CAM153, CAM179, CAM190",
            ),
            (
                "Elastic IP addresses for NAT gateways",
                "a quota of the account, which a spec does not tell",
            ),
            (
                "Blocks that do not overlap",
                "nothing is peered by a deployment; in a fleet, CAM734 and CAM735",
            ),
            ("A way out to all that is needed", "CAM156, CAM117, CAM184"),
        ),
    ),
    (
        "Tasks",
        (
            ("CPU and memory that Fargate has", "CAM160"),
            (
                "Memory of init and restore containers",
                "by construction: they end before the broker begins, and reserve nothing",
            ),
            ("Images of the task's architecture", "CAM162"),
            ("Ephemeral storage of 21 to 200 GiB", "schema"),
            ("Memory for heap, RocksDB and page cache", "CAM164"),
        ),
    ),
    (
        "Names, tags, variables",
        (
            (
                "Lengths of names; no two names alike",
                "schema (at most 22 characters), CAM170; CloudFormation makes the names of what "
                "nobody has to type",
            ),
            ("A name that never changes", "gate: CAM665"),
            ("At most 50 tags, none of AWS's own", "schema (40, as AWS adds its own), CAM171"),
            ("A task definition of at most 64 KiB", "CAM206"),
            ("No variable twice, none that is set already", "CAM172"),
            ("No secret in plain text", "CAM173, CAM014"),
            ("Priorities of listener rules", "by construction"),
        ),
    ),
)
"""Subject -> (what is asked, the codes or the reason)."""
