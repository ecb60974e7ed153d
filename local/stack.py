"""The whole service on one machine: emulator, deployment, functions, queue, API, website and edge, connected."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from yarl import URL

from local.apigateway.gateway import Gateway
from local.bucket.endpoint import BucketEndpoint, Caller
from local.cloudfront.edge import Edge
from local.cloudfront.invalidations import InvalidationProxy
from local.cloudfront.key_groups import make_key_group
from local.cloudwatch.dashboard import Dashboard, read_body
from local.cloudwatch.metrics import Metrics
from local.cloudwatch.queues import QueueWatch, find_queues
from local.cloudwatch.service_metrics import CONCURRENCY, ApiWatch, LambdaWatch, find_quota
from local.cloudwatch.traces import Traces
from local.cloudwatch.widgets import read_widgets
from local.description import add_description
from local.emulator.deployment import Deployment, assume_role, deploy
from local.emulator.process import ROOT, Emulator, run_emulator
from local.lambdas.function import Credentials, Function, Host
from local.lambdas.poller import Poller
from local.lambdas.runtime import FunctionPool, PoolSize
from local.narrator import read_line, read_notification
from local.ports import claim_port
from local.server import serve
from local.signature import Signer
from local.website.hosting import Website
from local.wiring import Connection, Invoke, Wiring

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    from local.lambdas.function import Answer
    from local.steps import Observer, Step


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How to run the stack. Port 0 is any free port; without a `state` folder a temporary one is used.

    `parameters` are the template's; `environment` overrides variables of a function, by its tag ("copy", "resize").
    With a `public_key` (PEM) all images are private: the template's TrustedKeyGroups is a key group with that key.
    """

    edge_port: int = 0
    aws_port: int = 0
    state: Path | None = None
    region: str = "us-east-1"
    name: str = "transcoder"
    template: Path = ROOT / "template.yaml"
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pool: PoolSize = field(default_factory=PoolSize)
    public_key: str = ""
    wiring: Wiring = field(default_factory=Wiring)


class Stack:
    """A running stack, as an async context manager; `observers` are called with each step."""

    emulator: Emulator
    deployment: Deployment
    edge: Edge
    s3: Any
    """A boto3 client of S3 with an operator's credentials."""
    pools: Mapping[str, FunctionPool]
    """By the function's tag."""

    def __init__(self, options: StackOptions, announce: Callable[[str], None] = lambda _stage: None) -> None:
        """Prepare to run with these options; `announce` is called with each stage of the start."""
        self.options = options
        self._announce_stage = announce
        self.observers: list[Observer] = []
        self.metrics = Metrics()
        self.traces = Traces()
        self._lambda = LambdaWatch(self.metrics)
        self.edge_port = 0
        self.api_port = 0
        self.key_id = ""
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start everything. On PortTakenError, EmulatorError and DeploymentError, stop what was started."""
        async with AsyncExitStack() as exit_stack:
            self._exit = exit_stack
            if self.options.edge_port:
                claim_port(self.options.edge_port, "EDGE_PORT")  # before anything else is started
            aws_port = claim_port(self.options.aws_port, "AWS_PORT")
            self._announce_stage(f"starting the AWS emulator on port {aws_port}")
            state = self.options.state or Path(exit_stack.enter_context(tempfile.TemporaryDirectory()))
            self.emulator = await exit_stack.enter_async_context(run_emulator(aws_port, state, self.options.region))
            self._announce_stage(f"deploying {self.options.template.name}")
            await self._deploy()
            self._announce_stage("starting the functions, the API and the edge")
            await self._serve()
            self._exit = exit_stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, including all processes."""
        await self._exit.__aexit__(kind, error, trace)

    def describe(self) -> dict[str, str]:
        """Return the addresses and the resources' names, as /_stack serves them."""
        outputs = self.deployment.outputs
        return {
            "edge": f"http://127.0.0.1:{self.edge_port}",
            "aws": self.emulator.url,
            "region": self.emulator.region,
            "stack": self.options.name,
            "source_bucket": outputs["SourceBucketName"],
            "destination_bucket": outputs["DestinationBucketName"],
            "api": self.deployment.api.id,
            "api_address": f"http://127.0.0.1:{self.api_port}",
            "api_host": self.deployment.api.host,
            "distribution_id": self.deployment.distribution.id,
            "table": outputs["TableName"],
            "queue": self.deployment.event_source.queue_url,
            "dead_letters": outputs["DeadLettersUrl"],
            **({"key_id": self.key_id} if self.key_id else {}),
        }

    def observe(self, step: Step) -> None:
        """Pass a step to every observer."""
        self.traces.record(step)
        for observer in self.observers:
            observer(step)

    async def _deploy(self) -> None:
        options = self.options
        random = {name: secrets.token_hex(32) for name in ("OriginSecret", "SigningKey")}
        parameters = random | dict(options.parameters)
        if options.public_key:
            client = await asyncio.to_thread(self.emulator.client, "cloudfront")
            group, self.key_id = await asyncio.to_thread(make_key_group, client, options.public_key)
            parameters["TrustedKeyGroups"] = group
        deployment = await asyncio.to_thread(deploy, self.emulator, options.template, options.name, parameters)
        functions = {
            name: options.wiring.configure(
                replace(
                    function,
                    environment={**function.environment, **options.environment.get(function.tag, {})},
                )
            )
            for name, function in deployment.functions.items()
        }
        self.deployment = replace(deployment, functions=functions)
        self.s3 = await asyncio.to_thread(self.emulator.client, "s3")
        self._security = await asyncio.to_thread(self.emulator.client, "sts")

    async def _serve(self) -> None:
        """Start the servers and the functions, each before the parts that call it."""
        enter, wiring = self._exit.enter_async_context, self.options.wiring
        website = await enter(Website(URL(self.emulator.url), self._get_bucket_website))
        invoke: dict[str, Callable[[bytes], Awaitable[Answer]]] = {}
        gateway = Gateway(self.deployment.api, invoke)
        api = ApiWatch(self.deployment.api.name, self.metrics, gateway.handle)
        self.api_port = await enter(serve(api.handle))
        website_address = _address(await enter(serve(website.handle)))
        distribution = self.deployment.distribution
        signer = Signer("cloudfront", secrets.token_hex(32), self.emulator.region)
        bucket = await enter(
            BucketEndpoint(self.emulator, Caller(signer, self.deployment.distribution_arn), self._get_bucket_policy)
        )
        bucket_address = _address(await enter(serve(bucket.handle)))
        origins = {
            ".s3.": await enter(wiring.front(Connection.TO_WEBSITE, bucket_address)),
            "s3-website": await enter(wiring.front(Connection.TO_WEBSITE, website_address)),
            "execute-api": _address(self.api_port),
        }

        def resolve_origin(domain: str) -> URL:
            return next(address for kind, address in origins.items() if kind in domain)

        self.edge = await enter(Edge(distribution, resolve_origin, self.observe, signer=signer))
        invalidate = {distribution.id: self.edge.invalidate}
        proxy = await enter(InvalidationProxy(URL(self.emulator.url), invalidate, self.observe))
        await self._start_functions(_address(await enter(serve(proxy.handle))))
        invoke.update({pool.function.arn: self._invoker(pool) for pool in self.pools.values()})
        await self._start_poller()
        dashboard = await self._watch()
        handle = add_description(self.describe, dashboard.handle)
        self.edge_port = await enter(serve(handle, self.options.edge_port))

    async def _start_functions(self, invalidations: URL) -> None:
        connections = {
            "AWS_ENDPOINT_URL": (Connection.TO_AWS, URL(self.emulator.url)),
            "AWS_ENDPOINT_URL_CLOUDFRONT": (Connection.TO_CLOUDFRONT, invalidations),
        }
        front = self.options.wiring.front
        endpoints = {
            name: str(await self._exit.enter_async_context(front(connection, server))).rstrip("/")
            for name, (connection, server) in connections.items()
        }
        host = Host(ROOT / "functions", sys.executable, self.emulator.region, endpoints)
        self.pools = {
            function.tag: FunctionPool(function, host, self._assume, self._read_log_line)
            for function in self.deployment.functions.values()
        }
        for pool in self.pools.values():
            self._exit.push_async_callback(pool.stop)
        await asyncio.gather(*[pool.start(self.options.pool) for pool in self.pools.values()])

    def _invoker(self, pool: FunctionPool) -> Invoke:
        return self.options.wiring.invoke(pool, partial(self._lambda.invoke, pool))

    async def _start_poller(self) -> None:
        source, wiring = self.deployment.event_source, self.options.wiring
        pool = next(pool for pool in self.pools.values() if pool.function.arn == source.function_arn)

        async def connect() -> Any:  # noqa: ANN401 - boto3's client
            credentials = await self._assume(pool.function.role)
            return wiring.queue(await asyncio.to_thread(self.emulator.client, "sqs", credentials))

        poller = Poller(source, connect, self._invoker(pool), self.options.pool.cap, self._announce)
        task = asyncio.create_task(poller.run())
        self._exit.push_async_callback(_cancel, task)

    async def _watch(self) -> Dashboard:
        """Read the deployed dashboard, and measure the queues that it shows."""
        clients = [await asyncio.to_thread(self.emulator.client, name) for name in ("cloudwatch", "sqs")]
        widgets = read_widgets(await asyncio.to_thread(read_body, clients[0]))
        task = asyncio.create_task(QueueWatch(clients[1], find_queues(widgets), self.metrics).run())
        self._exit.push_async_callback(_cancel, task)
        self.metrics.quotas[CONCURRENCY] = find_quota(self.pools.values())
        return Dashboard(widgets, self.metrics, self.traces, self.deployment.distribution.id, self.edge.handle)

    async def _assume(self, role: str) -> Credentials:
        return await asyncio.to_thread(assume_role, self._security, role)

    def _read_log_line(self, function: Function, line: str) -> None:
        self.metrics.read_line(line)
        step = read_line(function.tag, line)
        if step:
            self.observe(step)

    def _announce(self, body: str) -> None:
        for step in read_notification(body):
            self.observe(step)

    async def _get_bucket_policy(self, bucket: str) -> str | None:
        try:
            answer: dict[str, Any] = await asyncio.to_thread(self.s3.get_bucket_policy, Bucket=bucket)
        except self.s3.exceptions.ClientError:
            return None
        return str(answer["Policy"])

    async def _get_bucket_website(self, bucket: str) -> Mapping[str, Any] | None:
        try:
            answer: dict[str, Any] = await asyncio.to_thread(self.s3.get_bucket_website, Bucket=bucket)
        except self.s3.exceptions.ClientError:
            return None
        return answer


def _address(port: int) -> URL:
    return URL(f"http://127.0.0.1:{port}")


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
