"""Camunda's settings and what each holds, as data.

A line is a group and its settings, below `camunda.`; a setting is a name and, behind a colon, what
its value is: `b` true or false, `d` a duration, `z` a size of data, `n` a whole number, `f` a
number, words for one of these, `e` with a name for one of WORDS, `l` for a list of them; without a
colon it is text, or not known here. `*` holds settings of its own, with names of people's choice.

Source: Camunda docs, Orchestration Cluster properties and RDBMS configuration; the lists of
properties in camunda/camunda (PhysicalTenantOverridablePropertiesGoldenTest); Camunda docs,
Connectors configuration and Spring Boot Starter; Spring Boot docs, Common application properties.
"""

from collections.abc import Mapping
from functools import cache

from camformation.frozen import frozen
from camformation.spelling import bound

BROKERS = """
api.grpc address advertised-address host port:n management-threads:n max-message-size:z
api.grpc min-keep-alive-interval:d max-connection-age:d max-connection-age-grace:d
api.grpc permit-keep-alive-without-calls:b interceptors:* ssl:*
api.rest process-cache.expiration-idle process-cache.max-size:n filters:* executor:*
api.long-polling enabled:b min-empty-responses:n notification-batch-window probe-timeout timeout
cluster name id cluster-id gateway-id zone node-id:n size:n partition-count:n replication-factor:n
cluster compression-algorithm:NONE|GZIP|SNAPPY initial-contact-points receive-on-legacy-subject:b
cluster node-id-provider:* global-listeners:*
cluster.membership broadcast-disputes:b broadcast-updates:b failure-timeout:d gossip-fanout:n
cluster.membership gossip-interval:d notify-suspect:b probe-interval:d probe-timeout:d
cluster.membership suspect-probes:n sync-interval:d
cluster.metadata bootstrap-timeout:d gossip-fanout:n sync-delay:d sync-initializer-delay:d
cluster.metadata sync-request-timeout:d
cluster.network advertised-host host heartbeat-interval:d heartbeat-timeout:d max-message-size:z
cluster.network port-offset:n socket-receive-buffer:z socket-send-buffer:z
cluster.network.command-api advertised-host advertised-port:n host port:n
cluster.network.internal-api advertised-host advertised-port:n host port:n
cluster.partitioning scheme:ROUND_ROBIN|FIXED|ZONE_AWARE fixed:* zone-aware:*
cluster.raft configuration-change-timeout:d election-timeout:d flush-delay:d flush-enabled:b
cluster.raft heartbeat-interval:d max-append-batch-size:z max-appends-batch-size:z
cluster.raft max-appends-per-follower:n max-quorum-response-timeout:d
cluster.raft min-step-down-failure-count:n preallocate-segment-files:b
cluster.raft prefer-snapshot-replication-threshold:n priority-election-enabled:b
cluster.raft rebalance.replication-lag-threshold rebalance.replication-timeout:d request-timeout:d
cluster.raft segment-preallocation-strategy:NOOP|FILL|POSIX|POSIX_OR_NOOP|POSIX_OR_FILL
cluster.raft snapshot-chunk-size:z snapshot-request-timeout:d
data snapshot-period:d exporters:* wait-states.enabled:b
data export.distribution-interval:d export.skip-records:* extension-properties:*
data.audit-log enabled:b client.categories:l|CATEGORY client.excludes:l|ENTITY
data.audit-log user.categories:l|CATEGORY user.excludes:l|ENTITY
data.audit-log unknown.categories:l|CATEGORY unknown.excludes:l|ENTITY
data.history-deletion delay-between-runs:d max-delay-between-runs:d queue-batch-size:n
data.history-deletion dependent-row-limit:n
data.primary-storage directory runtime-directory versioned-directory-retention-count:n
data.primary-storage backup:*
data.primary-storage.backup.s3 api-call-timeout:d force-path-style-access:b
data.primary-storage.backup.s3 max-concurrent-connections:n connection-acquisition-timeout:d
data.primary-storage.disk monitoring-enabled:b monitoring-interval:d free-space.processing:z
data.primary-storage.disk free-space.replication:z
data.primary-storage.log-stream log-index-density:n log-segment-size:z
data.primary-storage.rocks-db access-metrics:NONE|FINE column-family-options:* max-open-files:n
data.primary-storage.rocks-db io-rate-bytes-per-second:n max-write-buffer-number:n
data.primary-storage.rocks-db memory-allocation-strategy memory-fraction memory-limit
data.primary-storage.rocks-db min-write-buffer-number-to-merge:n sst-partitioning-enabled:b
data.primary-storage.rocks-db max-memory-fraction:f statistics-enabled:b wal-disabled:b
data.secondary-storage type autoconfigure-camunda-exporter:b elasticsearch:* opensearch:*
data.secondary-storage retention:*
data.secondary-storage.rdbms url urls username password prefix auto-ddl:b database-vendor-id
data.secondary-storage.rdbms ddl-lock-wait-timeout:d flush-interval:d queue-size:n max-queue-size:n
data.secondary-storage.rdbms queue-memory-limit:n max-varchar-field-length:n
data.secondary-storage.rdbms export-batch-operation-items-on-creation:b
data.secondary-storage.rdbms batch-operation-item-insert-block-size:n query.max-total-hits:n
data.secondary-storage.rdbms process-cache.max-size:n batch-operation-cache.max-size:n
data.secondary-storage.rdbms metrics.table-row-count-cache-duration:d
data.secondary-storage.rdbms.async-replication enabled:b type:LOG_SEQ|TIME_LAG|DELAY delay:d
data.secondary-storage.rdbms.async-replication max-lag:d min-sync-replicas:n polling-interval:d
data.secondary-storage.rdbms.async-replication pause-on-max-lag-exceeded:b queue-capacity:n
data.secondary-storage.rdbms.async-replication queue-debounce-time:d region-awareness:*
data.secondary-storage.rdbms.connection-pool connection-timeout:d idle-timeout:d max-lifetime:d
data.secondary-storage.rdbms.connection-pool leak-detection-threshold:d maximum-pool-size:n
data.secondary-storage.rdbms.connection-pool minimum-idle:n
data.secondary-storage.rdbms.history default-history-ttl:d default-batch-operation-ttl:d
data.secondary-storage.rdbms.history default-batch-operation-history-ttl:d
data.secondary-storage.rdbms.history batch-operation-cancel-process-instance-ttl:d
data.secondary-storage.rdbms.history batch-operation-cancel-process-instance-history-ttl:d
data.secondary-storage.rdbms.history batch-operation-migrate-process-instance-ttl:d
data.secondary-storage.rdbms.history batch-operation-migrate-process-instance-history-ttl:d
data.secondary-storage.rdbms.history batch-operation-modify-process-instance-ttl:d
data.secondary-storage.rdbms.history batch-operation-modify-process-instance-history-ttl:d
data.secondary-storage.rdbms.history batch-operation-resolve-incident-ttl:d
data.secondary-storage.rdbms.history batch-operation-resolve-incident-history-ttl:d
data.secondary-storage.rdbms.history decision-instance-ttl:d usage-metrics-ttl:d
data.secondary-storage.rdbms.history history-cleanup-batch-size:n usage-metrics-cleanup:d
data.secondary-storage.rdbms.history history-cleanup-process-instance-batch-size:n
data.secondary-storage.rdbms.history max-history-cleanup-interval:d max-history-cleanup-usage:f
data.secondary-storage.rdbms.history min-history-cleanup-interval:d job-batch-metrics-cleanup:d
data.secondary-storage.rdbms.history job-batch-metrics-ttl:d
data.secondary-storage.rdbms.insert-batching max-audit-log-insert-batch-size:n
data.secondary-storage.rdbms.insert-batching max-flow-node-insert-batch-size:n
data.secondary-storage.rdbms.insert-batching max-job-insert-batch-size:n
data.secondary-storage.rdbms.insert-batching max-variable-insert-batch-size:n
document default-store-id thread-pool-size:n aws:* gcp:* azure:* in-memory:* local:*
expression timeout:d
license key
monitoring jfr:b metrics:*
process-instance-creation business-id-uniqueness-enabled:b message-start:*
processing enable-async-message-ttl-checker:b enable-async-scheduled-tasks:b
processing enable-async-timer-duedate-checker:b enable-foreign-key-checks:b
processing enable-message-body-on-expired:b enable-preconditions-check:b
processing enable-straightthrough-processing-loop-detector:b enable-yielding-due-date-checker:b
processing max-commands-in-batch:n max-pending-side-effects:n max-recoverable-retries:n
processing scheduled-tasks-check-interval:d skip-positions:* engine:*
processing.engine.batch-operations chunk-size:n db-chunk-size:n query-page-size:n
processing.engine.batch-operations query-in-clause-size:n query-retry-max:n scheduler-interval:d
processing.engine.batch-operations query-retry-initial-delay:d query-retry-max-delay:d
processing.engine.batch-operations query-retry-backoff-factor:n
processing.flow-control.request algorithm:aimd|vegas|gradient|gradient2|legacy-vegas|fixed
processing.flow-control.request enabled:b windowed:b aimd:* fixed:* gradient:* gradient2:*
processing.flow-control.request legacy-vegas:* vegas:*
processing.flow-control.write enabled:b limit:n ramp-up:d throttle.acceptable-backlog:n
processing.flow-control.write throttle.enabled:b throttle.minimum-limit:n throttle.resolution:d
secrets.cache ttl:d max-size:n
security id-validation-pattern authorizations.enabled:b
security.authentication method authentication-refresh-interval:d unprotected-api:b
security.authentication catch-all-unhandled-paths-enabled:b webapp-enabled:b providers:*
security.authentication.oidc additional-jwk-set-uris audiences authorization-uri client-id
security.authentication.oidc authorize-request:* client-id-claim
security.authentication.oidc client-authentication-method:client_secret_basic|private_key_jwt
security.authentication.oidc client-name client-secret clock-skew:d end-session-endpoint-uri
security.authentication.oidc grant-type groups-claim id-token-algorithm idp-logout-enabled:b
security.authentication.oidc issuer-uri jwk-set-uri organization-id prefer-id-token-claims:b
security.authentication.oidc prefer-username-claim:b redirect-uri registration-id resource scope
security.authentication.oidc token-uri user-info-augmentation:* user-info-enabled:b user-info-uri
security.authentication.oidc username-claim assertion.kid-case assertion.kid-digest-algorithm
security.authentication.oidc assertion.kid-encoding assertion.kid-source assertion.keystore.path
security.authentication.oidc assertion.keystore.key-alias assertion.keystore.key-password
security.authentication.oidc assertion.keystore.password
security.cluster-admin basic:* oidc:*
security.csrf enabled:b cookie-http-only:b ignored-path-patterns
security.http-headers cache-control.enabled:b content-security-policy.enabled:b
security.http-headers content-security-policy.mode:SELF_MANAGED|SAAS|CUSTOM
security.http-headers content-security-policy.policy-directives
security.http-headers content-security-policy.report-only:b content-type-options.enabled:b
security.http-headers cross-origin-embedder-policy.value:REQUIRE_CORP|UNSAFE_NONE
security.http-headers cross-origin-opener-policy.value:e|OPENER
security.http-headers cross-origin-resource-policy.value:SAME_ORIGIN|SAME_SITE|CROSS_ORIGIN
security.http-headers frame-options.enabled:b frame-options.mode:DENY|SAMEORIGIN hsts.enabled:b
security.http-headers hsts.include-sub-domains:b hsts.max-age-in-seconds:n hsts.preload:b
security.http-headers permissions-policy.value referrer-policy.value
security.initialization authorizations:* default-roles:* groups:* mapping-rules:* roles:* tenants:*
security.initialization users:*
security.multi-tenancy api-enabled:b checks-enabled:b
security.saas cluster-id organization-id
security.session persistent.enabled:b max-inactive-interval:d heartbeat.enabled:b
security.transport-layer-security.cluster enabled:b certificate-chain-path
security.transport-layer-security.cluster certificate-private-key-path key-store.file-path
security.transport-layer-security.cluster key-store.password
system clock-controlled:b cpu-thread-count:n io-thread-count:n actor:*
system restore.ignore-files-in-target restore.validate-config:b upgrade.enable-version-check:b
webapps enabled:b default-app login-delegated:b identity:* operate:* tasklist:* admin:*
webapps operate.enabled:b operate.ui-enabled:b tasklist.enabled:b tasklist.ui-enabled:b
webapps identity.enabled:b identity.ui-enabled:b admin.enabled:b admin.ui-enabled:b
persistent sessions.enabled:b
- mode insecure log:* mcp:* physical-tenants:* secrets:* rest:* backup:* version
"""

CONNECTORS = """
client mode:self-managed|saas enabled:b grpc-address rest-address tenant-id override-authority
client prefer-rest-over-grpc:b ca-certificate-path execution-threads:n keep-alive:d
client max-message-size:z max-metadata-size:z message-time-to-live:d request-timeout:d
client request-timeout-offset:d
client auth:* cloud:* deployment:* identity:* zeebe:* physical-tenant:*
client.worker override:*
client.worker.defaults auto-complete:b enabled:b fetch-variables force-fetch-all-variables:b
client.worker.defaults max-jobs-active:n max-retries:n name poll-interval:d request-timeout:d
client.worker.defaults retry-backoff:d stream-enabled:b stream-timeout:d tenant-ids timeout:d type
connector agenticai:* inbound:* outbound:* headers:* auth:* process-definition-search:* hostname
connector polling.enabled:b polling.interval activity:* cloud:* sdk:* app-integrations:* document:*
connector.webhook enabled:b max-request-body-bytes:n rate-limit.enabled:b
connector.webhook rate-limit.permits-per-second:f auth:*
connector.secret-provider.environment enabled:b prefix tenant-aware:b process-definition-aware:b
connector.secret-provider console:* discovery:*
connector.secret-resolver.secret-filter mode:STRICT|LAX|DISABLED cache.enabled:b cache.max-size:n
- clients:* log:*
"""

SPRING = """
server max-http-request-header-size:z servlet.session.timeout:d shutdown:graceful|immediate
server servlet.session.cookie.secure:b servlet.session.cookie.http-only:b
server compression.enabled:b tomcat.threads.max:n tomcat.threads.min-spare:n
server tomcat.max-connections:n tomcat.accept-count:n tomcat.connection-timeout:d
server forward-headers-strategy:native|framework|none error.whitelabel.enabled:b http2.enabled:b
server error.include-stacktrace:e|ASKED error.include-message:e|ASKED
server error.include-binding-errors:e|ASKED servlet.session.cookie.same-site:e|SITE
server tomcat.keep-alive-timeout:d tomcat.max-keep-alive-requests:n tomcat.max-swallow-size:z
server tomcat.max-http-form-post-size:z tomcat.accesslog.enabled:b
spring servlet.multipart.enabled:b servlet.multipart.max-file-size:z threads.virtual.enabled:b
spring servlet.multipart.max-request-size:z servlet.multipart.file-size-threshold:z
management endpoint.health.show-details:never|when-authorized|always
management endpoint.health.show-components:never|when-authorized|always
management endpoints.access.default:e|ACCESS endpoints.access.max-permitted:e|ACCESS
management endpoint.loggers.access:e|ACCESS endpoint.shutdown.access:e|ACCESS
management endpoint.heapdump.access:e|ACCESS endpoint.threaddump.access:e|ACCESS
management endpoint.env.access:e|ACCESS endpoint.env.show-values:never|when-authorized|always
management endpoint.configprops.access:e|ACCESS endpoint.metrics.access:e|ACCESS
management endpoint.info.access:e|ACCESS endpoint.beans.access:e|ACCESS
management endpoint.health.probes.enabled:b otlp.metrics.export.enabled:b
management otlp.metrics.export.step:d tracing.enabled:b tracing.sampling.probability:f
"""

WORDS: Mapping[str, tuple[str, ...]] = {
    "ACCESS": ("none", "read-only", "unrestricted"),
    "ASKED": ("never", "always", "on-param"),
    "SITE": ("omitted", "none", "lax", "strict"),
    "OPENER": ("UNSAFE_NONE", "SAME_ORIGIN_ALLOW_POPUPS", "SAME_ORIGIN"),
    "CATEGORY": ("ADMIN", "DEPLOYED_RESOURCES", "USER_TASKS", "UNKNOWN"),
    "ENTITY": (
        *("AUTHORIZATION", "BATCH", "DECISION", "GROUP", "INCIDENT", "MAPPING_RULE", "USER"),
        *("PROCESS_INSTANCE", "RESOURCE", "ROLE", "TENANT", "USER_TASK", "VARIABLE", "CLIENT"),
    ),
}
GROUPS = "*"


@frozen
class Known:
    """A setting that an application reads: its name, and what it holds."""

    name: str  # as a property
    holds: str

    @property
    def words(self) -> tuple[str, ...]:
        """The values that it may have, where there are few."""
        kind, _, rest = self.holds.partition("|")
        if kind in ("e", "l"):
            return WORDS[rest]
        return tuple(self.holds.split("|")) if rest else ()

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return self.holds.startswith("l|")


@cache
def known(*tables: str) -> Mapping[str, Known]:
    """Return settings by what all spellings of their names have in common."""
    found: dict[str, Known] = {}
    for table in tables:
        found |= _read(table)
    return found


@cache
def _read(table: str) -> dict[str, Known]:
    found = {}
    start = "" if table is SPRING else "camunda."
    for line in table.strip().split("\n"):
        group, *entries = line.split(" ")
        for entry in entries:
            name, _, holds = entry.partition(":")
            whole = f"{start}{name}" if group == "-" else f"{start}{group}.{name}"
            found[bound(whole)] = Known(whole, holds)
    return found
