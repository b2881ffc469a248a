"""Settings of Camunda that protect it: plans tell of their end, and audits of their absence."""

from collections.abc import Mapping

SECURITY = "CAMUNDA_SECURITY_"
PROTECTIONS: Mapping[str, tuple[bool, str]] = {
    f"{SECURITY}AUTHORIZATIONS_ENABLED": (
        True,
        "authorizations do not count: everybody who can log in may do everything",
    ),
    f"{SECURITY}AUTHENTICATION_UNPROTECTEDAPI": (
        False,
        "everybody who reaches the API may do everything, without a login",
    ),
    f"{SECURITY}CSRF_ENABLED": (True, "other websites can act for people who are logged in"),
    "CAMUNDA_DATA_AUDITLOG_ENABLED": (True, "who does what is not recorded"),
}
"""Switches, how Camunda has them by itself, and what the other way means (Camunda docs,
Authorization; Authentication; CSRF protection; Configure the audit log)."""
