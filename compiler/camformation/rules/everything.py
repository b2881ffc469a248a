"""All rules: importing this module registers every one."""

from camformation.rules import authentication, cluster, network, storage, tasks, versions
from camformation.rules.registry import RULES

__all__ = ["RULES", "authentication", "cluster", "network", "storage", "tasks", "versions"]
