"""The simulated cluster over HTTP on 127.0.0.1: port 9600 of each broker, and port 8080.

Answers and statuses follow Camunda's docs and OpenAPI files (Management API; Cluster scaling;
Cluster admin; `cluster-api.yaml`, `cluster-admin.yaml`, `backups.yaml`).
"""

import json
import re
import threading
import time
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from camformation.deploy.local.camunda_backups import SimulatedBackups
from camformation.deploy.local.camunda_cluster import Rejected, SimulatedCluster
from camformation.deploy.local.camunda_rest import rest_answer

Reply = tuple[int, Any]
NOTHING: Reply = (204, None)


class SimulatedCamunda:
    """The servers of a cluster, and the faults for a test.

    `failing`: statuses of the next answers, 0 for no answer; `slow`: seconds before each answer;
    `asked`: the requests, as `(surface, method, path)`.
    """

    def __init__(
        self, cluster: SimulatedCluster, user: str = "cluster-admin", password: str = "secret"
    ) -> None:
        self.cluster = cluster
        self.backups = SimulatedBackups(lambda: cluster.now(), lambda: cluster.position)
        self.basic = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self.tokens: set[str] = set()
        self.failing: list[int] = []
        self.slow = 0.0
        self.asked: list[tuple[str, str, str]] = []
        self.levels: dict[str, Any] = {}  # of loggers
        self._guard = threading.RLock()
        self._brokers: dict[int, ThreadingHTTPServer] = {}
        self._rest: ThreadingHTTPServer | None = None

    @property
    def rest(self) -> str:
        """The address of port 8080."""
        if self._rest is None:
            self._rest = _serve(self, None)
        return f"http://127.0.0.1:{self._rest.server_port}"

    def broker(self, number: int) -> str:
        """Return the address of a broker's port 9600."""
        if number not in self._brokers:
            self._brokers[number] = _serve(self, number)
        return f"http://127.0.0.1:{self._brokers[number].server_port}"

    def brokers(self) -> list[str]:
        """Return the addresses of all brokers that run."""
        return [self.broker(each) for each in sorted(self.cluster.up)]

    def close(self) -> None:
        """End the servers."""
        for server in [*self._brokers.values(), *([self._rest] if self._rest else [])]:
            server.shutdown()
            server.server_close()

    def answer(
        self, broker: int | None, method: str, target: str, login: str | None, body: Any
    ) -> Reply | None:
        """Return status and body; None to close the connection."""
        if self.slow:
            time.sleep(self.slow)
        with self._guard:
            self.asked.append(("8080" if broker is None else "9600", method, target))
            if self.failing:
                status = self.failing.pop(0)
                return None if not status else (status, {"message": "simulated"})
            if broker is not None and broker not in self.cluster.up:
                return None
            path, query = urlsplit(target).path.rstrip("/"), parse_qs(urlsplit(target).query)
            asked = {name: values[-1] for name, values in query.items()}
            try:
                if broker is None:
                    allowed = login == self.basic or login in self.tokens
                    return rest_answer(self, method, path, asked, body, allowed)
                return self._managed(broker, method, path, asked, body)
            except Rejected as error:
                return error.status, {"message": error.message}

    def _managed(
        self, broker: int, method: str, path: str, query: dict[str, str], body: Any
    ) -> Reply:
        cluster, backups = self.cluster, self.backups
        if method == "GET" and path == "/actuator/cluster":
            cluster.advance()
            return 200, self.described()
        if method == "PATCH" and path == "/actuator/cluster":
            return 202, cluster.request(body or {}, dry_run=query.get("dryRun") == "true")
        if method == "GET" and (found := re.fullmatch(r"/actuator/cluster/changes/(\d+)", path)):
            return self._change(int(found[1]))
        if method == "DELETE" and (found := re.fullmatch(r"/actuator/cluster/changes/(\d+)", path)):
            cluster.cancel(int(found[1]))
            return 202, None
        if method == "GET" and path == "/actuator/partitions":
            return 200, self._partitions(broker)
        if method == "POST" and path == "/actuator/rebalance":
            cluster.leaders.clear()
            return 200, None
        if method == "GET" and path == "/actuator/exporters":
            return 200, [{"exporterId": n, "status": s} for n, s in cluster.exporters.items()]
        if method == "POST" and (found := re.fullmatch(r"/actuator/exporting/(\w+)", path)):
            return self._exporting(found[1], query)
        if found := re.fullmatch(r"/actuator/loggers/([\w.$-]+)", path):
            return self._logger(method, found[1], body)
        if path == "/actuator/backupRuntime/state" and method == "GET":
            return 200, backups.state(cluster.known())
        if found := re.fullmatch(r"/actuator/backupRuntime(?:/(\d+))?", path):
            return self._backup(method, found[1], body)
        return 404, {"message": f"There is no {path}."}

    def _logger(self, method: str, name: str, body: Any) -> Reply:
        """Spring Boot, Actuator REST API: Loggers."""
        if method == "POST":
            self.levels[name] = (body or {}).get("configuredLevel")
            return NOTHING
        level = self.levels.get(name)
        return 200, {"configuredLevel": level, "effectiveLevel": level or "INFO"}

    def described(self) -> dict[str, Any]:
        """Return the answer of `GET /actuator/cluster`."""
        cluster = self.cluster
        found: dict[str, Any] = {
            "version": cluster.changed,
            "brokers": cluster.topology(),
            "routing": {
                "version": 1,
                "requestHandling": {
                    "strategy": "AllPartitions",
                    "partitionCount": cluster.partitions,
                },
                "messageCorrelation": {"strategy": "HashMod", "partitionCount": cluster.partitions},
            },
        }
        if cluster.last:
            found["lastChange"] = cluster.last
        if pending := cluster.change():
            found["pendingChange"] = pending
        return found

    def _change(self, number: int) -> Reply:
        if self.cluster.version.startswith("8.9."):
            return 404, {"message": "8.9 has no such endpoint."}
        self.cluster.advance()
        for each in (self.cluster.change(), self.cluster.last):
            if each and each["id"] == number:
                return 200, {"completed": [], "pending": [], **each}
        return 404, {"message": f"There is no change {number}."}

    def _partitions(self, broker: int) -> dict[str, Any]:
        cluster = self.cluster
        return {
            str(partition): {
                "role": "LEADER" if cluster.leader(partition) == broker else "FOLLOWER",
                "processedPosition": 1,
                "streamProcessorPhase": "PROCESSING"
                if cluster.leader(partition) == broker
                else "REPLAY",
                "exporterPhase": cluster.exporting,
            }
            for partition in sorted(cluster.members.get(broker, {}))
        }

    def _exporting(self, verb: str, query: dict[str, str]) -> Reply:
        """Always answer 200; the body has the status (Camunda docs)."""
        if missing := set(self.cluster.members) - self.cluster.up:
            said = f"Expected all members, but {sorted(missing)} are missing."
            return 200, {"body": {"message": said}, "status": 500, "contentType": None}
        self.export(verb, soft=query.get("soft") == "true")
        return 200, {"body": None, "status": 204, "contentType": None}

    def export(self, verb: str, *, soft: bool) -> None:
        """Pause or resume exporting."""
        if verb not in ("pause", "resume"):
            raise Rejected(404, f"There is no {verb}.")
        paused = "SOFT_PAUSED" if soft else "PAUSED"
        self.cluster.exporting = paused if verb == "pause" else "EXPORTING"

    def _backup(self, method: str, number: str | None, body: Any) -> Reply:
        cluster, backups = self.cluster, self.backups
        if method == "POST" and number is None:
            if cluster.pending and any(
                each["operation"] == "START_PARTITION_SCALE_UP" for each in cluster.pending["steps"]
            ):
                raise Rejected(400, "No backups while partitions are added.")
            wanted = (body or {}).get("backupId")
            taken = backups.take(wanted, cluster.known(), cluster.version)
            said = f"A backup with id {taken} has been scheduled."
            return 202, {"message": f"{said} Use GET actuator/backupRuntime/{taken} to monitor it."}
        if method == "GET":
            return 200, backups.list() if number is None else backups.info(int(number))
        if method == "DELETE" and number is not None:
            backups.delete(int(number))
            return NOTHING
        return 405, {"message": f"{method} is not allowed."}


def _serve(simulated: SimulatedCamunda, broker: int | None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            login = self.headers.get("Authorization")
            reply = simulated.answer(broker, self.command, self.path, login, body)
            if reply is None:
                self.close_connection = True
                return
            status, data = reply
            content = b"" if data is None else json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_one

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
