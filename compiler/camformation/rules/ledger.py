"""A table of Camunda's and AWS's requirements for a deployment, and where each is checked.

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
            ("Evenly spread partitions, at least one for each broker", "CAM103"),
            ("Partitions of a live cluster only increase, through its API", "gate: CAM661"),
            (
                "Brokers and replicas of a live cluster change through its API",
                "gate: CAM660, CAM662",
            ),
            ("Two brokers are no redundancy", "CAM106"),
            (
                "Brokers that stay up during an update",
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
            ("All images have the same minor version", "CAM111"),
            ("No alpha, snapshot or `latest`", "CAM112"),
            ("No release that Camunda warns about", "CAM116"),
            ("Updates to the next minor version only, and never back", "gate: CAM663"),
            ("No setting unknown to the version", "CAM114"),
            ("A PostgreSQL version that Camunda supports", "CAM115"),
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
                "Exactly one, and no settings for another",
                "always PostgreSQL; CAM120, CAM172, CAM180",
            ),
            ("A database user with its password or IAM rights", "CAM121"),
            (
                "Elasticsearch or OpenSearch for Optimize, and their addresses and index prefixes",
                "does not apply: neither is deployed",
            ),
            (
                "The driver's failover with several instances",
                "by construction: the address enables it with two or more instances",
            ),
            ("Names that PostgreSQL and RDS accept", "schema, CAM124, CAM125"),
            ("A valid capacity, large enough for production", "CAM177, CAM182, CAM187"),
        ),
    ),
    (
        "Backup and restore",
        (
            ("Continuous backups with a schedule, in production always", "CAM130"),
            ("A retention longer than the interval", "CAM131"),
            (
                "Different buckets for node IDs, backups and documents",
                "by construction: each is created, and CAM172 refuses its variable in the spec",
            ),
            ("One backup, or a range, not both; a range needs continuous backups", "CAM133"),
            ("Backup IDs of letters, digits, `_` and `-`", "schema"),
            (
                "As many partitions as the backup has, and a version that can read it",
                "not visible in a spec; Camunda refuses the restore, and CAM664 asks first",
            ),
        ),
    ),
    (
        "Access",
        (
            ("A complete OpenID Connect configuration, with an administrator", "CAM140, CAM175"),
            ("Secrets and keys of this account and region, or readable here", "CAM141"),
            ("Users with basic authentication", "their passwords are generated; CAM142"),
            ("Multi-tenancy and authorizations with a protected API", "CAM143"),
            ("Identifiers that Camunda accepts", "CAM144"),
        ),
    ),
    (
        "Network",
        (
            ("A block with room for all tasks", "CAM150"),
            ("Two or three zones; three for three brokers", "schema, CAM151"),
            ("Usable subnets in an existing VPC", "CAM152"),
            (
                "DNS hostnames and zones of an existing VPC",
                "not visible in a spec; both are on in a new VPC",
            ),
            ("Not open to the world; management port protected", "CAM153, CAM179"),
            (
                "Elastic IP addresses for NAT gateways",
                "a quota of the account, not visible in a spec",
            ),
            (
                "Blocks that do not overlap",
                "deployments peer nothing; in a fleet, CAM734 and CAM735",
            ),
            ("Access to all required services", "CAM156, CAM117, CAM184"),
        ),
    ),
    (
        "Tasks",
        (
            ("CPU and memory that Fargate supports", "CAM160"),
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
                "Lengths of names; no duplicate names",
                "schema (at most 22 characters), CAM170; CloudFormation generates the names that "
                "nobody has to type",
            ),
            ("A name that never changes", "gate: CAM665"),
            (
                "At most 50 tags, none of them reserved by AWS",
                "schema (40, as AWS adds its own), CAM171",
            ),
            ("A task definition of at most 64 KiB", "CAM206"),
            ("No variable twice, none that is already set", "CAM172"),
            ("No secret in plain text", "CAM173, CAM014"),
            ("Priorities of listener rules", "by construction"),
        ),
    ),
)
"""Subject -> (requirement, the codes that check it or the reason why none does)."""
