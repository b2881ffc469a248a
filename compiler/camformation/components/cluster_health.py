r"""A broker's health check that latches: unhealthy until the broker has seen the whole cluster
healthy, alive afterwards.

Camunda's readiness describes one broker, so a rolling change based on it replaces the next broker
while partitions still change leaders; process versions were lost that way (camunda/camunda#63712,
camunda/camunda-docs#10014). ECS waits with the next broker only until the container is healthy, and
ignores unhealthy ones during the grace period (Amazon ECS API Reference, UpdateService,
healthCheckGracePeriodSeconds). Once latched, it never stops a broker because of others.

The broker's metrics show, without a login, the health of its own partitions (`zeebe_health`: 1 is
healthy) and the replicas of each partition (`zeebe_gateway_topology_partition_roles`: 3 leads, 0
follows), in one scrape (Spring Boot docs, Prometheus endpoint, includedNames). Old processes still
show roles of brokers that have left, but a starting one does not: so roles are checked only at the
start, twice.

If the whole cluster starts, brokers must not wait for each other to be healthy. So a broker that
has known no leader for ten minutes asks the others: if none of them knows one either, or they
cannot be asked, it is not held back.
"""

from camformation.components.ports import MANAGEMENT, REST

ALONE_CHECKS = 20  # every 30 seconds: ten minutes
LIVENESS = f"wget --spider --quiet http://localhost:{MANAGEMENT}/actuator/health/liveness || exit 1"
METRICS = ("zeebe_health", "zeebe_gateway_topology_partition_roles")

# Only the shell's own words and wget, as the image has little else. Nothing here is Fn::Sub's.
WHOLE_CLUSTER = f"""\
{LIVENESS}
state=/tmp/whole-cluster
well=0 alone=0
if [ -e $state ]; then read -r well alone <$state; fi
if [ "$well" = seen ]; then exit 0; fi
keep() {{
  {{ echo "$1 $2" >$state; }} 2>/dev/null || exit 0
}}
hold() {{
  keep "$2" "$alone"
  echo "held back: $1"
  {{ echo "camformation: unhealthy until the cluster is healthy: $1" >/proc/1/fd/1; }} 2>/dev/null
  exit 1
}}
metrics=$(wget --quiet --output-document=- \
"http://localhost:{MANAGEMENT}/actuator/prometheus?includedNames={",".join(METRICS)}") ||
  hold "no metrics" 0
replicas= led= sick=
while read -r line; do
  value=${{line##* }}
  case $line in
  "{METRICS[0]}{{"*)
    case $value in 1 | 1.0) ;; *) sick=yes ;; esac ;;
  "{METRICS[1]}{{"*)
    number=${{line#*partition=?}}
    number=${{number%%[!0-9]*}}
    replicas="$replicas $number"
    case $value in 3 | 3.0) led="$led $number" ;; esac ;;
  esac
done <<END
$metrics
END
if [ -z "$led" ]; then
  alone=$((alone + 1))
  if [ $alone -lt {ALONE_CHECKS} ]; then hold "no partition has a leader" 0; fi
  keep seen 0
  if wget --spider --quiet \
"http://orchestration-cluster-rest:{REST}${{SERVER_SERVLET_CONTEXT_PATH-}}/v2/status"; then
    hold "other brokers know leaders, this one knows none" 0
  fi
  exit 0
fi
alone=0
if [ -n "$sick" ]; then hold "a partition of this broker is not healthy" 0; fi
count() {{
  found=0
  for each in $2; do
    if [ "$each" = "$1" ]; then found=$((found + 1)); fi
  done
}}
expected= last=0
while [ $last -lt "$CAMUNDA_CLUSTER_PARTITIONCOUNT" ]; do
  last=$((last + 1))
  expected="$expected $last"
done
for partition in $expected $replicas; do
  count "$partition" "$led"
  if [ $found -eq 0 ]; then hold "partition $partition has no leader" 0; fi
  count "$partition" "$replicas"
  if [ $found -lt "$CAMUNDA_CLUSTER_REPLICATIONFACTOR" ]; then
    hold "partition $partition has $found of $CAMUNDA_CLUSTER_REPLICATIONFACTOR replicas" 0
  fi
done
if [ "$well" != 1 ]; then hold "all is well, to be seen once more" 1; fi
keep seen 0
"""


def whole_cluster(*, tls: bool) -> str:
    """Return the check; with TLS at the REST port, the check for an answer does not verify names.
    An image whose wget does not support TLS is never held back here."""
    if not tls:
        return WHOLE_CLUSTER
    asked = '--spider --quiet "http://orchestration'
    return WHOLE_CLUSTER.replace(
        asked, '--spider --quiet --no-check-certificate "https://orchestration'
    )
