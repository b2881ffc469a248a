"""Libraries that a database cluster preloads, and settings of extensions that need one.

Source: Amazon RDS, DescribeEngineDefaultClusterParameters (allowed values of
shared_preload_libraries); Amazon Aurora User Guide, Extensions and foreign data wrappers.
"""

from collections.abc import Iterator, Mapping

from camformation.closeness import closest
from camformation.deployment import Deployment
from camformation.diagnostics import Severity, quoted
from camformation.rules.registry import Violation

NAME = "shared_preload_libraries"
SESSION = "session_preload_libraries"
USUAL = "pg_stat_statements"  # where the parameter is not set
LIBRARIES = (
    *("apg_plan_mgmt", "auto_explain", "babelfishpg_tds", "orafce", "pg_ad_mapping", "pg_bigm"),
    *("pg_cron", "pg_hint_plan", "pg_prewarm", "pg_similarity", "pg_stat_statements", "pg_tle"),
    *("pg_transport", "pgactive", "pgaudit", "pglogical", "plprofiler", "plrust"),
)
_UNPRELOADED = "remove it: its extension needs no preloading"
_LACKING = "remove it: RDS does not have it"
WITHOUT: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("vector", "pgvector", "postgis", "pg_trgm", "pgcrypto", "uuid-ossp", "hstore"),
            *("btree_gin", "btree_gist", "citext", "pg_repack", "pg_partman", "pgstattuple"),
            *("pg_buffercache", "postgres_fdw", "dblink", "hypopg", "ltree", "tablefunc"),
        ),
        _UNPRELOADED,
    ),
    **dict.fromkeys(
        (
            *("timescaledb", "citus", "pg_stat_kcache", "pg_wait_sampling", "pg_qualstats"),
            *("pg_stat_monitor", "pgsentinel", "repmgr", "pg_squeeze", "pg_failover_slots"),
            *("pg_net", "pgsodium", "set_user", "credcheck", "anon", "age", "pg_show_plans"),
        ),
        _LACKING,
    ),
    "pg_partman_bgw": "remove it, and let pg_cron run the maintenance: RDS does not have it",
    **dict.fromkeys(
        ("wal2json", "test_decoding", "pgoutput", "decoderbufs"),
        "remove it: replication slots load it by themselves",
    ),
    "rdsutils": "remove it: RDS adds it by itself",
}
"""Libraries that others preload, and why this cluster does not."""
OF_EXTENSIONS: Mapping[str, str] = {
    "auto_explain": "auto_explain",
    "cron": "pg_cron",
    "pg_hint_plan": "pg_hint_plan",
    "pg_stat_statements": "pg_stat_statements",
    "pgaudit": "pgaudit",
    "pglogical": "pglogical",
}
"""The libraries of extensions, by what their parameters begin with."""


def preloaded(d: Deployment) -> Iterator[Violation]:
    """Yield libraries that RDS does not preload, and parameters without their library."""
    given = d.database.cluster_parameters
    libraries = _names(given.get(NAME, USUAL))
    path = ("database", "cluster_parameters")
    for each in libraries:
        near = closest(each, LIBRARIES)
        if each in LIBRARIES or "{" in each:
            continue
        if hint := WITHOUT.get(each) or (f"did you mean {near}?" if near else None):
            yield Violation((*path, NAME), f"RDS does not preload {quoted(each)}", hint)
    loaded = {*libraries, *_names(given.get(SESSION, ""))}
    for name in given:
        library = OF_EXTENSIONS.get(name.partition(".")[0]) if "." in name else None
        if library and library not in loaded:
            named = ",".join((*(each for each in libraries if each in LIBRARIES), library))
            yield Violation(
                (*path, name),
                f"{name} has no effect: the cluster does not preload {library}",
                f"set {NAME} to {quoted(named)}",
                Severity.WARNING,
            )


def _names(text: str) -> list[str]:
    return [each.strip(" '\"") for each in text.split(",") if each.strip(" '\"")]
