"""A code server that was killed is started again, which Dagster's development server leaves to whoever sees the page.

Belongs here: asking the web server whether the code can be reached, and having it loaded again. Does not belong here:
starting the servers (``khanij ui``). ``dagster dev`` starts the process that loads the code anew when the one before it
is gone, but not when the code's own process below it is: until then no sensor looks and no run starts.
"""

from __future__ import annotations

import threading

UNREACHABLE = "DagsterUserCodeUnreachableError"
INTERVAL_S = 10.0
TIMEOUT_S = 120.0  # loading the code of an installation with many regions
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - nothing is bound here
STATES = """
query { workspaceOrError { ... on Workspace { locationEntries { name
  locationOrLoadError { __typename ... on PythonError { className } } } } } }
"""
RELOAD = "mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }"


def address(host: str, port: int) -> str:
    """The URL of a web server; an address of IPv6 stands in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def revive(url: str) -> list[str]:
    """Have the code loaded again whose server is gone; returns the names of the code locations that were.

    Code that cannot be loaded for a fault of its own is left alone, and so is a web server that does not answer.
    """
    import httpx

    # Without what the environment says of proxies: the server is on this machine.
    with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as server:
        try:
            answer = server.post("/graphql", json={"query": STATES}).raise_for_status().json()
            entries = answer["data"]["workspaceOrError"]["locationEntries"]
            gone = [e["name"] for e in entries if (e["locationOrLoadError"] or {}).get("className") == UNREACHABLE]
            for name in gone:
                server.post("/graphql", json={"query": RELOAD, "variables": {"name": name}}).raise_for_status()
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return []
    return gone


def keep_alive(host: str, port: int, ended: threading.Event) -> threading.Thread:
    """Look every ``INTERVAL_S`` whether the code of a web server on this machine can be reached, until ``ended`` is set."""
    url = address(ANYWHERE.get(host, host), port)

    def look() -> None:
        while not ended.wait(INTERVAL_S):
            for name in revive(url):
                print(f"the code server of {name} was gone and is started again", flush=True)

    thread = threading.Thread(target=look, name="code-server", daemon=True)
    thread.start()
    return thread
