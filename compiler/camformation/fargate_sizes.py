"""The task sizes that Fargate offers."""

from collections.abc import Collection, Mapping

GIB = 1024
FARGATE: Mapping[int, Collection[int]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: range(1 * GIB, 4 * GIB + 1, GIB),
    1024: range(2 * GIB, 8 * GIB + 1, GIB),
    2048: range(4 * GIB, 16 * GIB + 1, GIB),
    4096: range(8 * GIB, 30 * GIB + 1, GIB),
    8192: range(16 * GIB, 60 * GIB + 1, 4 * GIB),
    16384: range(32 * GIB, 120 * GIB + 1, 8 * GIB),
}
"""CPU units -> MiB (Amazon ECS Developer Guide, Task CPU and memory for Fargate)."""
