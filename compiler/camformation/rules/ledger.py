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
            ("Partitions of a live cluster are only added, through its own API", "gate: CAM661"),
            (
                "Brokers and replicas of a live cluster change through its own API",
                "gate: CAM660, CAM662",
            ),
            ("Two brokers give no redundancy", "CAM106"),
            (
                "How many brokers stay up during an update",
                "computed from their number, so that one is replaced at a time",
            ),
            ("A lease of 5 to 30 seconds, shorter than the readiness check", "schema, CAM107"),
            ("Leases are renewed in time", "Camunda derives it from the lease"),
            ("Stop timeout: longer than a shutdown phase, at most 120 seconds", "CAM108, schema"),
            ("A start period of at most 300 seconds, within the grace period", "schema, CAM109"),
        ),
    ),
    (
        "Versions",
        (
            ("Camunda 8.9 or later", "CAM110"),
            ("All images of one minor version", "CAM111"),
            ("No alpha, snapshot, `latest` or tag without a patch version", "CAM112"),
            ("Images of the applications that should run", "CAM199"),
            ("No release that Camunda warns against", "CAM116"),
            ("Updates to the next minor version only, no downgrades", "gate: CAM663"),
            ("No setting unknown to the version", "CAM114"),
            ("A PostgreSQL version that the Camunda version supports", "CAM115"),
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
            ("A database user with a password or IAM permissions", "CAM121"),
            (
                "Elasticsearch or OpenSearch for Optimize, and their addresses and index prefixes",
                "does not apply: neither is deployed",
            ),
            (
                "The driver's failover with several instances",
                "by construction: the address includes it with two or more instances",
            ),
            ("Names that PostgreSQL and RDS accept", "schema, CAM124, CAM125, CAM261"),
            ("Times, sizes and replication of the export that brokers accept", "CAM264"),
            ("A route and a login to an existing database", "CAM169"),
            ("Parameters of the connection; authorities of a certificate", "CAM207, CAM208"),
            ("Valid capacity; enough for production", "CAM177, CAM182, CAM187"),
            ("Instance classes and releases that Aurora has", "CAM148, CAM149"),
            ("Parameters that RDS accepts", "CAM248"),
            ("No more connections than the database accepts", "CAM265"),
        ),
    ),
    (
        "Backup and restore",
        (
            ("Continuous backups with a schedule, always in production", "CAM130"),
            ("A retention longer than the interval", "CAM131"),
            (
                "Different buckets for node IDs, backups and documents",
                "by construction: each bucket is created, and CAM172 rejects its variable",
            ),
            ("One backup, or a range, not both; a range needs continuous backups", "CAM133"),
            ("Backup IDs of letters, digits, `_` and `-`", "schema"),
            ("Backups that can be read at once, also after a patch", "CAM268"),
            ("One moment for the database and the brokers", "CAM174, CAM200, CAM764"),
            ("The key and the users of another deployment's backups", "CAM209"),
            (
                "As many partitions as the backup has, and a version that can read it",
                "not visible in a spec; Camunda's restore checks it, and CAM664 blocks before that",
            ),
        ),
    ),
    (
        "Access",
        (
            ("Complete OpenID Connect settings, and an administrator", "CAM140, CAM175"),
            ("Claims that are names, or paths into the token", "CAM263"),
            ("Secrets and keys of this account and region, or readable from it", "CAM141"),
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
            ("Suitable subnets of an existing VPC", "CAM152"),
            ("Security groups and mount targets in the deployment's VPC", "CAM217"),
            (
                "DNS hostnames and zones of an existing VPC",
                "not visible in a spec; both are on in a VPC that camformation creates",
            ),
            (
                "Open neither to the world nor to nobody; management port protected",
                "CAM153, CAM179, CAM190",
            ),
            (
                "Elastic IP addresses for NAT gateways",
                "a quota of the account, not visible in a spec",
            ),
            (
                "Blocks that do not overlap",
                "a deployment peers no networks; in a fleet, CAM734 and CAM735",
            ),
            ("A route to every required service", "CAM156, CAM117, CAM118, CAM184"),
            (
                "Requests to the deployment itself never through a proxy",
                "by construction; CAM122, CAM123",
            ),
        ),
    ),
    (
        "Tasks",
        (
            ("CPU and memory that Fargate offers", "CAM160"),
            (
                "Memory of init and restore containers",
                "by construction: they end before the broker starts, and reserve nothing",
            ),
            ("Memory and CPU of sidecars and log routers", "CAM137"),
            ("Images of the task's architecture", "CAM162"),
            ("Ephemeral storage of 21 to 200 GiB", "schema"),
            ("Memory for heap, RocksDB and page cache", "CAM164"),
            ("Options that the JVM knows, files that are there", "CAM245, CAM246"),
            ("Files of the JVM where it can write", "CAM267"),
            ("AWS endpoints that exist", "CAM266"),
            ("Addresses of collectors for telemetry", "CAM269"),
            ("Commands that containers can run", "CAM256"),
            ("Data of brokers on the file system before it is confirmed", "CAM247"),
            ("Scaling with a target and a range; a strategy with a weight", "CAM167"),
            ("Data of brokers on one file system", "gate: CAM763"),
        ),
    ),
    (
        "Roles",
        (
            ("Policy statements that IAM accepts, of actions that exist", "CAM161, CAM163"),
            ("Statements and managed policies that grant something", "CAM249, CAM250"),
            ("Permissions with limits; none denied that brokers need", "CAM165"),
            ("Names of at most 64 characters", "CAM166"),
            ("A role that is never moved", "by construction: another path is another name"),
        ),
    ),
    (
        "Names, tags, variables",
        (
            (
                "Lengths of names; unique names",
                "schema (at most 22 characters), CAM170; CloudFormation generates all other names",
            ),
            ("An unchanged deployment name", "gate: CAM665"),
            ("At most 50 tags, none of AWS's own", "schema (40, as AWS adds its own), CAM171"),
            ("A task definition of at most 64 KiB", "CAM206"),
            ("No variable twice, none that camformation sets", "CAM172"),
            ("Names that Camunda reads, values that it can read", "CAM242, CAM243"),
            ("Settings imported from where Spring can read them", "CAM257"),
            ("Settings of brokers that fit together; exporters that load", "CAM253, CAM254"),
            ("Limits of messages and files, and timeouts, that match", "CAM265"),
            ("One store of secrets, which brokers may read", "CAM259"),
            ("Physical tenants that share nothing", "CAM260"),
            ("No secret in plain text", "CAM173, CAM014"),
            ("Priorities of listener rules", "by construction"),
        ),
    ),
)
"""Subject -> (what is asked, the codes or the reason)."""
