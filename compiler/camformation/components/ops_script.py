"""Ask Camunda's management API from inside the VPC, and print the answers.

It is the code of the ops task: inlined into its definition, it has only the standard library.
`CALLS` and `BROKERS` come with each run; only /actuator of the brokers is ever asked. The answers
are printed as JSON, compressed and in pieces: CloudWatch Logs breaks long lines, and may mask what
looks like somebody's data.
"""

import base64
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
import zlib
from typing import Any

POLL_SECONDS = 5
TIMEOUT_SECONDS = 30
PIECE = 8000
UNSENT = (ConnectionRefusedError, TimeoutError, socket.gaierror)


def main() -> int:
    """Make the calls, print what was asked and answered, and return the exit code."""
    calls = json.loads(os.environ.get("CALLS") or "[]")
    brokers = (os.environ.get("BROKERS") or "").split()
    if not calls or not brokers:
        print("camformation starts this task, with CALLS and BROKERS")
        return 2
    answers = []
    for call in calls:
        if not call["path"].startswith("/actuator/"):
            print("only /actuator is asked")
            return 2
        found = everyone(brokers, call) if call.get("everywhere") else [polled(brokers, call)]
        for answer in found:
            print(call["method"], call["path"], answer["status"] or answer["body"], flush=True)
        answers.append(found)
        if not any(200 <= answer["status"] < 400 for answer in found):
            break
    packed = base64.b64encode(zlib.compress(json.dumps(answers).encode())).decode()
    pieces = [packed[start : start + PIECE] for start in range(0, len(packed), PIECE)]
    for number, piece in enumerate(pieces, 1):
        print(f"ANSWERS {number} {len(pieces)} {piece}", flush=True)
    return 0


def everyone(brokers: list[str], call: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask every broker."""
    return [asked(each, call) for each in brokers]


def polled(brokers: list[str], call: dict[str, Any]) -> dict[str, Any]:
    """Ask one broker, again and again while its answer has a text, for some seconds."""
    left = call.get("seconds", 0)
    while True:
        answer = anyone(brokers, call)
        text = call.get("while_says")
        if not text or text not in json.dumps(answer["body"]) or left <= 0:
            return answer
        time.sleep(min(POLL_SECONDS, left))
        left -= POLL_SECONDS


def anyone(brokers: list[str], call: dict[str, Any]) -> dict[str, Any]:
    """Ask one broker, and the next only where the call cannot have arrived."""
    answer: dict[str, Any] = {"status": 0, "body": "no broker", "sent": False}
    for each in brokers:
        answer = asked(each, call)
        if answer["status"] or answer["sent"]:
            break
    return answer


def asked(broker: str, call: dict[str, Any]) -> dict[str, Any]:
    """Make one call; status 0 where nobody answers."""
    data = None if call.get("body") is None else json.dumps(call["body"]).encode()
    headers = {"Accept": "application/json"}
    if data:
        headers["Content-Type"] = "application/json"
    url = f"http://{broker}{call['path']}"
    request = urllib.request.Request(url, data, headers, method=call["method"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return {"status": answer.status, "body": parsed(answer.read()), "sent": True}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": parsed(error.read()), "sent": True}
    except urllib.error.URLError as error:
        sent = not isinstance(error.reason, UNSENT)
        return {"status": 0, "body": str(error.reason), "sent": sent}
    except (OSError, ValueError) as error:
        return {"status": 0, "body": str(error), "sent": True}


def parsed(content: bytes) -> Any:
    """Return what the JSON of an answer holds, or its text."""
    try:
        return json.loads(content) if content.strip() else None
    except ValueError:
        return content.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
