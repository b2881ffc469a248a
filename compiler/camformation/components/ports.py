"""The ports of a deployment, shared by rules, listeners, containers and addresses."""

WEB = 80
WEB_TLS = 443
POSTGRESQL = 5432
NFS = 2049
REST = 8080  # of the orchestration cluster; connectors serve everything here
MANAGEMENT = 9600  # health, metrics and cluster changes, without any authentication
GRPC = 26500
COMMANDS = 26501  # commands between brokers
INTERNAL = 26502  # gossip and Raft
REST_PROXY = 8443  # of the Service Connect proxy, with TLS, for REST
GRPC_PROXY = 26443  # the same for gRPC
