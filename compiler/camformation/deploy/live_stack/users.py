"""Camunda's own users, and their passwords: with `authentication.mode: basic`.

Orchestration Cluster REST API, Get user, Update user: `/v2/users/{username}`.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from camformation.deploy.cloud.channel import Answer, Call, Channel
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.camunda import Login
from camformation.frozen import frozen

Reach = Callable[[Login], Channel]
"""Returns the connection to Camunda's REST API for a login."""


@frozen
class Users:
    """An administrator's operations on users; `reach` connects to the API."""

    reach: Reach

    def accepts(self, login: Login) -> bool:
        """Whether Camunda accepts a login with this password."""
        answer = self._ask(login, Call("GET", "/v2/authentication/me"))
        if answer.status == 401:
            return False
        self._check(answer, "say who is logged in")
        return True

    def set_password(self, administrator: Login, name: str, password: str) -> None:
        """Change only a user's password."""
        path = f"/v2/users/{quote(name, safe='')}"
        answer = self._ask(administrator, Call("GET", path))
        self._check(answer, f"show the user {name}")
        found: Any = answer.body if isinstance(answer.body, dict) else {}
        kept = {key: found[key] for key in ("name", "email") if found.get(key) is not None}
        changed = self._ask(administrator, Call("PUT", path, {**kept, "password": password}))
        self._check(changed, f"change the password of {name}")

    def _ask(self, login: Login, call: Call) -> Answer:
        return self.reach(login).ask([call])[0][0]

    def _check(self, answer: Answer, what: str) -> None:
        if 200 <= answer.status < 300:
            return
        if answer.status in (401, 403):
            raise DeployError(
                "CAM770",
                f"Camunda does not let the administrator {what} ({answer.status})",
                "if the administrator's password was changed by hand, put the one in use into the "
                "secret first, or log in as another administrator: --user NAME --password-stdin",
            )
        why = f"{answer.status}" if answer.status else f"no answer: {answer.body}"
        raise DeployError(
            "CAM770",
            f"Camunda does not {what} ({why})",
            "see `camformation status`; run the same command again to continue",
        )
