"""Asks the simulator with cortex-xdr-client, in a process of its own for each version: run by test_clients.py.

    python client.py HOST:PORT KEY_ID KEY LEVEL ACTION...

prints a line of JSON for each action: its statuses, or the status and text of the refusal. The client puts api- before
the host, so that this one resolves api-localhost.
"""

import json
import socket
import sys

import requests
from cortex_xdr_client.api.authentication import Authentication, AuthenticationType
from cortex_xdr_client.client import CortexXDRClient

resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **named: resolve("127.0.0.1" if host == "api-localhost" else host, *rest, **named)


def ask(call, *args):
    try:
        reply = call(*args)
    except requests.HTTPError as refused:
        return [refused.response.status_code, refused.response.text]
    if isinstance(reply, requests.Response):
        return reply.json()
    data = reply.reply.data
    return getattr(data, "root", None) or getattr(data, "__root__", None) # Pydantic 2, Pydantic 1


host, key_id, key, level, *actions = sys.argv[1:]
client = CortexXDRClient(Authentication(key, int(key_id), AuthenticationType[level.upper()]), host)
for action in actions:
    print(json.dumps(ask(client.actions_api.get_action_status, int(action))))
if hasattr(client, "request"): # of version 2
    print(json.dumps(ask(client.request, "/api_keys/validate/", "get")))
