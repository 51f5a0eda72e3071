"""What is written to an API server, through the official client on the pool that reading uses too.

To import the client costs a process 19 MB and two seconds. The workers that carry out commands do so as they start;
what only reads never does.
"""

from __future__ import annotations

from typing import Any

from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.client.exceptions import OpenApiException
from urllib3 import HTTPHeaderDict, PoolManager, Timeout
from urllib3.exceptions import HTTPError


class Writer:
    def __init__(self, manager: PoolManager) -> None:
        self._client = ApiClient(Configuration(proxy="", no_proxy=""))
        self._client.rest_client.pool_manager = manager

    def request(self, verb: str, address: str, headers: HTTPHeaderDict, body: Any, timeout: Timeout) -> Any:
        """The answer as urllib3 gives it, not read yet. Raises urllib3's errors only."""
        limits = (timeout.connect_timeout, timeout.read_timeout)
        try:
            return self._client.call_api(verb, address, headers, body=body, _request_timeout=limits).response
        except OpenApiException as error:
            raise HTTPError(str(error)) from error
