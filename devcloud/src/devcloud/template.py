"""Read an AWS SAM template as typed data: functions, their events, queues, buckets and API settings."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devcloud.errors import TemplateError
from devcloud.intrinsics import REGION, Resolver, parse
from devcloud.support import ignored_parts

GATEWAY_TIMEOUT_MS = 29_000


@dataclass(frozen=True)
class Function:
    """One AWS::Serverless::Function. `timeout` is in seconds, `memory` in MB.

    `layers` are the layers' folders for the import path; `interpreter` is the Python that runs the function.
    `adapter` is the program of the Lambda Web Adapter, or None for its emulation.
    """

    logical_id: str
    name: str
    folder: Path
    handler: str
    runtime: str
    timeout: float
    memory: int
    variables: dict[str, str]
    layers: tuple[Path, ...]
    reserved_concurrency: int | None
    interpreter: Path = Path(sys.executable)
    adapter: Path | None = None

    @property
    def is_web_server(self) -> bool:
        """Return whether the function runs behind the AWS Lambda Web Adapter; its handler is then a script."""
        return self.handler.endswith(".sh")


@dataclass(frozen=True)
class Route:
    """One `Api` event. `method` is in capitals; ANY matches all methods."""

    method: str
    path: str
    function: str
    timeout_ms: int = GATEWAY_TIMEOUT_MS
    streams: bool = False


@dataclass(frozen=True)
class QueueTrigger:
    """One `SQS` event."""

    queue: str
    queue_arn: str
    function: str
    batch_size: int
    reports_batch_item_failures: bool
    max_concurrency: int | None


@dataclass(frozen=True)
class Schedule:
    """One `Schedule` (an EventBridge rule) or `ScheduleV2` (EventBridge Scheduler) event."""

    name: str
    function: str
    expression: str
    timezone: str
    input: str | None
    source: str


@dataclass(frozen=True)
class Queue:
    """One AWS::SQS::Queue with its resolved CloudFormation properties."""

    logical_id: str
    name: str
    url: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Throttle:
    """Throttling limits of a stage: `rate` in requests per second, `burst` in requests at once."""

    rate: float
    burst: float


@dataclass(frozen=True)
class Template:
    """The parts of a template that devcloud uses.

    `cors_rules` are those of each bucket that has some, by its name. `unsupported` has one sentence for each part
    that devcloud ignores.
    """

    functions: dict[str, Function]
    routes: list[Route]
    queue_triggers: list[QueueTrigger]
    schedules: list[Schedule]
    queues: list[Queue]
    buckets: list[str]
    cors_rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    stage: str = "Prod"
    binary_media_types: list[str] = field(default_factory=list)
    gateway_responses: dict[str, Any] = field(default_factory=dict)
    throttle: Throttle | None = None
    unsupported: list[str] = field(default_factory=list)

    @property
    def queue_urls(self) -> dict[str, str]:
        """URLs of the queues by logical id."""
        return {queue.logical_id: queue.url for queue in self.queues}

    @property
    def layers(self) -> list[Path]:
        """Folders of all layers, without duplicates, in the template's order."""
        return list(dict.fromkeys(path for function in self.functions.values() for path in function.layers))


def read_template(
    path: Path,
    queue_urls: Mapping[str, str] | None = None,
    region: str = REGION,
    parameters: Mapping[str, str] | None = None,
) -> Template:
    """Read the template at `path`. A `!Ref` to a queue resolves to its URL in `queue_urls`.

    `parameters` override the defaults of the template's parameters. Raises TemplateError for an unknown parameter or
    an unsupported feature.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TemplateError(f"There is no template at {path}.") from None
    raw = parse(text)
    for name, value in (parameters or {}).items():
        if name not in raw.get("Parameters", {}):
            raise TemplateError(f"The template has no parameter {name}.")
        raw["Parameters"][name]["Default"] = value
    return _TemplateParser(path.parent, raw, queue_urls, region).read()


class _TemplateParser:
    def __init__(self, root: Path, raw: dict[str, Any], queue_urls: Mapping[str, str] | None, region: str) -> None:
        self._root = root
        self._raw = raw
        self._resolver = Resolver(raw, queue_urls, region)
        self._resolve = self._resolver.resolve
        self._globals = raw.get("Globals", {})

    def read(self) -> Template:
        api = self._api()
        result = Template(
            functions={logical_id: self._function(logical_id) for logical_id, _ in self._functions()},
            routes=[],
            queue_triggers=[],
            schedules=[],
            queues=[
                self._queue(logical_id, resource) for logical_id, resource in self._resources_of("AWS::SQS::Queue")
            ],
            buckets=[self._resolver.name_of(logical_id) for logical_id, _ in self._resources_of("AWS::S3::Bucket")],
            cors_rules=dict(self._cors_rules()),
            stage=str(api.get("StageName", "Prod")),
            # SAM escapes the slash of a media type as ~1, as JSON Pointer does.
            binary_media_types=[str(kind).replace("~1", "/") for kind in api.get("BinaryMediaTypes", [])],
            gateway_responses=api.get("GatewayResponses", {}),
            throttle=_throttle(api.get("MethodSettings", [])),
            unsupported=ignored_parts(self._existing_resources()),
        )
        for logical_id, resource in self._functions():
            for name, event in resource["Properties"].get("Events", {}).items():
                self._event(result, logical_id, name, event["Type"], event.get("Properties", {}))
        return result

    def _existing_resources(self) -> dict[str, dict[str, Any]]:
        resources: dict[str, dict[str, Any]] = self._raw.get("Resources", {})
        return {name: one for name, one in resources.items() if self._resolver.holds_for(one)}

    def _resources_of(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, one) for name, one in self._existing_resources().items() if one["Type"] == kind)

    def _functions(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return self._resources_of("AWS::Serverless::Function")

    def _api(self) -> dict[str, Any]:
        apis = [resource.get("Properties", {}) for _, resource in self._resources_of("AWS::Serverless::Api")]
        wanted = ("StageName", "BinaryMediaTypes", "GatewayResponses", "MethodSettings")
        merged = _merge(self._globals.get("Api", {}), apis[0] if apis else {})
        return {key: self._resolve(merged[key]) for key in wanted if key in merged}

    def _function(self, logical_id: str) -> Function:
        properties = _merge(self._globals.get("Function", {}), self._raw["Resources"][logical_id]["Properties"])

        def get(key: str, default: Any) -> Any:
            return self._resolve(properties.get(key, default))

        reserved = get("ReservedConcurrentExecutions", None)
        variables = get("Environment", {}).get("Variables", {})
        return Function(
            logical_id=logical_id,
            name=self._resolver.name_of(logical_id),
            folder=(self._root / get("CodeUri", ".")).resolve(),
            handler=get("Handler", "app.handler"),
            runtime=_python_runtime(logical_id, properties, get("Runtime", "python3.13")),
            timeout=float(get("Timeout", 3)),
            memory=int(get("MemorySize", 128)),
            variables={key: _variable_text(value) for key, value in variables.items()},
            layers=tuple(self._layers(get("Layers", []))),
            reserved_concurrency=None if reserved is None else int(reserved),
        )

    def _layers(self, names: list[str]) -> Iterator[Path]:
        layers = dict(self._resources_of("AWS::Serverless::LayerVersion"))
        for name in names:
            # The ARN of an external layer: its content is not on this machine.
            if name in layers:
                yield (self._root / self._resolve(layers[name]["Properties"]["ContentUri"]) / "python").resolve()

    def _cors_rules(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for logical_id, resource in self._resources_of("AWS::S3::Bucket"):
            written = resource.get("Properties", {}).get("CorsConfiguration", {})
            if rules := _cors_rules(self._resolve(written)):
                yield self._resolver.name_of(logical_id), rules

    def _queue(self, logical_id: str, resource: dict[str, Any]) -> Queue:
        properties = self._resolve(resource.get("Properties", {}))
        return Queue(logical_id, self._resolver.name_of(logical_id), self._resolve({"Ref": logical_id}), properties)

    def _event(self, result: Template, function: str, name: str, kind: str, raw: dict[str, Any]) -> None:
        if kind == "Api":
            timeout_ms = int(self._resolve(raw.get("TimeoutInMillis", GATEWAY_TIMEOUT_MS)))
            method, path = str(self._resolve(raw["Method"])).upper(), str(self._resolve(raw["Path"]))
            streams = raw.get("ResponseTransferMode") == "RESPONSE_STREAM"
            result.routes.append(Route("ANY" if method == "*" else method, path, function, timeout_ms, streams))
        elif kind == "SQS":
            result.queue_triggers.append(self._queue_trigger(function, self._resolve(raw)))
        elif kind in ("Schedule", "ScheduleV2"):
            schedule = self._schedule(function, name, kind, self._resolve(raw))
            if schedule:
                result.schedules.append(schedule)
        else:
            raise TemplateError(
                f"devcloud does not support events of type {kind} ({function}, {name}); it supports Api, SQS, "
                "Schedule and ScheduleV2."
            )

    def _queue_trigger(self, function: str, properties: dict[str, Any]) -> QueueTrigger:
        arn = properties["Queue"]
        by_name = {
            self._resolver.name_of(logical_id): logical_id for logical_id, _ in self._resources_of("AWS::SQS::Queue")
        }
        if arn.rpartition(":")[2] not in by_name:
            raise TemplateError(f"{function} is triggered by {arn}, a queue that the template does not define.")
        return QueueTrigger(
            queue=by_name[arn.rpartition(":")[2]],
            queue_arn=arn,
            function=function,
            batch_size=int(properties.get("BatchSize", 10)),
            reports_batch_item_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
            max_concurrency=properties.get("ScalingConfig", {}).get("MaximumConcurrency"),
        )

    def _schedule(self, function: str, name: str, kind: str, properties: dict[str, Any]) -> Schedule | None:
        if properties.get("Enabled") is False or properties.get("State") == "DISABLED":
            return None
        return Schedule(
            name=str(properties.get("Name", f"{function}{name}")),
            function=function,
            expression=str(properties["Schedule" if kind == "Schedule" else "ScheduleExpression"]),
            timezone=str(properties.get("ScheduleExpressionTimezone", "UTC")),
            input=properties.get("Input"),
            source="aws.events" if kind == "Schedule" else "aws.scheduler",
        )


def _cors_rules(configuration: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rules as the API of S3 takes them: some properties have other names there."""
    names = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}
    rules = configuration.get("CorsRules", [])
    return [{names.get(name, name): value for name, value in rule.items()} for rule in rules]


def _python_runtime(logical_id: str, properties: dict[str, Any], runtime: str) -> str:
    """Return the function's runtime. Raises TemplateError unless the function is Python code in a folder."""
    for key in ("ImageUri", "InlineCode"):
        if key in properties:
            raise TemplateError(
                f"devcloud does not support {key} ({logical_id}); it runs Python from a folder, CodeUri."
            )
    if properties.get("PackageType", "Zip") != "Zip" or not runtime.startswith("python"):
        named = "container images" if runtime.startswith("python") else f"the runtime {runtime}"
        raise TemplateError(
            f"devcloud does not support {named} ({logical_id}); it runs Python from a folder, CodeUri."
        )
    return runtime


def _throttle(settings: list[dict[str, Any]]) -> Throttle | None:
    """Return the limits of the whole stage. Limits of single methods are not emulated."""
    for one in settings:
        if (one.get("ResourcePath"), one.get("HttpMethod")) == ("/*", "*") and "ThrottlingRateLimit" in one:
            return Throttle(float(one["ThrottlingRateLimit"]), float(one["ThrottlingBurstLimit"]))
    return None


def _variable_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _merge(general: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Merge Globals into a resource by SAM's rule: merge maps, concatenate lists, replace other values."""
    result = dict(general)
    for key, value in own.items():
        before = result.get(key)
        if isinstance(before, dict) and isinstance(value, dict) and not _is_intrinsic(value):
            result[key] = _merge(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            result[key] = before + value
        else:
            result[key] = value
    return result


def _is_intrinsic(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))
