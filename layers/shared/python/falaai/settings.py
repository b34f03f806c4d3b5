"""Typed settings from the environment, in groups. A function reads only the groups that it needs, at first use.

Run as a program, it checks every group and prints one sentence about each invalid value.
"""

import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from falaai.aws_requests import AwsRefused, call_aws
from falaai.deadlines import within
from falaai.errors import SettingsError

SSM_PREFIX = "ssm:"
SSM_SECONDS = 5
SESSION_KEY_MIN_CHARACTERS = 32
_PLACEHOLDERS = (
    "changeme",
    "change-me",
    "placeholder",
    "example",
    "your-",
    "your_",
    "sua-",
    "xxx",
    "<",
    "todo",
)


def _secret_value(value: str | SecretStr) -> str | SecretStr:
    """Return the secret: the value itself, or the content of the SSM parameter if the value is `ssm:NAME`."""
    if isinstance(value, SecretStr) or not value.startswith(SSM_PREFIX):
        return value
    name = value.removeprefix(SSM_PREFIX)
    known = _known_parameters()
    try:
        if name not in known:
            known.update(_read_parameters(_ssm_names() | {name}))
        return known[name]
    except (AwsRefused, TimeoutError, KeyError) as error:
        raise ValueError(f"names the SSM parameter {name}, which cannot be read") from error


def _ssm_names() -> set[str]:
    """Return the names of all SSM parameters in the environment."""
    return {value.removeprefix(SSM_PREFIX) for value in os.environ.values() if value.startswith(SSM_PREFIX)}


@cache
def _known_parameters() -> dict[str, str]:
    """Return the values of the SSM parameters that this process has read so far."""
    return {}


def _read_parameters(names: Collection[str]) -> dict[str, str]:
    """Read SSM parameters in one request, ten at most. Returns the values of those that exist.

    A request for each secret would reach the account's limit of 40 a second when many functions start at once.
    """
    body = {"Names": sorted(names), "WithDecryption": True}
    answer = within(SSM_SECONDS, lambda: call_aws("ssm", "AmazonSSM.GetParameters", **body))
    return {found["Name"]: found["Value"] for found in answer["Parameters"]}


def _refuse_placeholder(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value().lower().startswith(_PLACEHOLDERS):
        raise ValueError("is still a placeholder")
    return secret


Secret = Annotated[SecretStr, BeforeValidator(_secret_value), AfterValidator(_refuse_placeholder)]


def _model_names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _addresses(value: str) -> tuple[str, ...]:
    return tuple(address.strip().lower() for address in value.split(",") if address.strip())


@dataclass(frozen=True)
class ExchangeRate:
    """The price of a dollar in reais, and the day on which it was read."""

    reais: float
    day: date

    def __str__(self) -> str:
        return f"{self.reais}@{self.day}"


def _exchange_rate(value: str | ExchangeRate) -> ExchangeRate:
    """Read a rate such as 5.33@2025-11-28."""
    if isinstance(value, ExchangeRate):
        return value
    written, _, day = value.partition("@")
    try:
        rate = ExchangeRate(float(written), date.fromisoformat(day))
    except ValueError:
        raise ValueError("is not a rate with its day, such as 5.33@2025-11-28") from None
    if not 0 < rate.reais < 1000:
        raise ValueError("is not a price of a dollar in reais")
    return rate


def _optional_model_names(value: str) -> tuple[str, ...]:
    return () if value.strip().lower() == "off" else _model_names(value)


class _Group(BaseModel):
    """Fields whose environment variables have the same names in upper case."""

    # Built at its first use: no function reads all groups, and building them took 10 ms of every cold start.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class DatabaseSettings(_Group):
    """The database: TiDB Cloud, or any server with the MySQL protocol.

    `db_ca` is the PEM of the authority that signed its certificate. Empty: the public authorities.
    """

    db_host: str = Field(min_length=1)
    db_port: int = Field(default=4000, ge=1, le=65535)
    db_name: str = Field(default="falaai_db", min_length=1)
    db_user: str = Field(min_length=1)
    db_password: Secret
    db_ca: str = ""


class SessionSettings(_Group):
    """The key of the session table. A new key signs all users out."""

    session_secret_key: Annotated[Secret, Field(min_length=SESSION_KEY_MIN_CHARACTERS)]


class GeminiSettings(_Group):
    """The Gemini key, the models in order of preference, and the address of the API. Empty: Google's."""

    gemini_api_key: Annotated[Secret, Field(min_length=20)]
    gemini_model: Annotated[tuple[str, ...], BeforeValidator(_model_names)] = Field(
        default=("gemini-3.5-flash-lite", "gemini-2.5-flash-lite"), min_length=1
    )
    gemini_base_url: str = ""


class PlanSettings(_Group):
    """The plan of the Gemini key. `free`: Google may use what users send; the pages say so. Empty: unknown."""

    gemini_plan: Literal["", "free", "paid"] = ""


class ThinkingSettings(_Group):
    """The mode *Pensar mais*: its models in order of preference, and its largest number of messages in a day, for one
    user and for all. `off` or empty: there is no such mode. GEMINI_MODEL answers if none of these models exists.
    """

    gemini_model_think: Annotated[tuple[str, ...], BeforeValidator(_optional_model_names)] = ()
    daily_think_messages: int = Field(default=20, ge=1)
    daily_think_ceiling: int = Field(default=2000, ge=1)


class SearchSettings(_Group):
    """Largest number of replies with a web search in a day, for one user and for all. 0: there is no search.

    Gemini may make several queries for one reply, and each is billed.
    """

    daily_searches: int = Field(default=20, ge=0)
    daily_search_ceiling: int = Field(default=500, ge=0)

    @property
    def is_on(self) -> bool:
        return min(self.daily_searches, self.daily_search_ceiling) > 0


class MemorySettings(_Group):
    """Largest size of a prompt with persona and summary, in approximate tokens."""

    memory_tokens: int = Field(default=4000, ge=2000)


class PictureSettings(_Group):
    """The bucket of profile pictures and of exported archives."""

    pictures_bucket: str = Field(min_length=1)


class UploadSettings(_Group):
    """Largest number of megabytes that one user may upload in a day as attachments."""

    daily_megabytes: int = Field(default=100, ge=1)


class EmailSettings(_Group):
    """Access to SendGrid, the sender address, and the address that links in emails begin with."""

    sendgrid_api_key: Annotated[Secret, Field(min_length=20)]
    sendgrid_base_url: str = ""
    email_user: str = Field(min_length=3)
    public_url: str = Field(pattern=r"^https?://[^/]+(/[^/]+)*$")


class WebSettings(_Group):
    """The public address of the pages. Empty: API Gateway's own address, on HTTPS.

    `pictures_bucket` is the bucket that pages may send files to. Empty: none.
    """

    public_url: str = Field(default="", pattern=r"^(https?://[^/]+(/[^/]+)*)?$")
    pictures_bucket: str = ""

    @property
    def is_https(self) -> bool:
        return not self.public_url.startswith("http://")


class ReplySettings(_Group):
    """Time limits of Gemini in seconds, and the largest number of messages in a day, for one user and for all."""

    message_seconds: float = Field(default=20, gt=0, le=25)
    stream_seconds: float = Field(default=120, gt=0, le=840)
    daily_messages: int = Field(default=200, ge=1)
    daily_ceiling: int = Field(default=20_000, ge=1)


class RetentionSettings(_Group):
    """Days without use after which a conversation is deleted. 0 keeps all."""

    retention_days: int = Field(default=90, ge=0)


class OperatorSettings(_Group):
    """The name of the person or organization that runs this deployment, and its contact address for privacy requests.

    The privacy page shows both. The law (LGPD, articles 9 and 41) asks for them.
    """

    operator_name: str = Field(default="", max_length=100)
    contact_email: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")


class SignUpSettings(_Group):
    """Who may register: `open`, everybody; `invite`, people with an invitation of an operator; `closed`, no one."""

    signup: Literal["open", "invite", "closed"] = "open"


class AdminSettings(_Group):
    """Email addresses of accounts that are operators, whatever their stored role is."""

    admin_emails: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = ()


class CostSettings(_Group):
    """The price of a dollar in reais and the day on which it was read, for the costs on the pages.

    It is fetched from nowhere: the pages show the day, so that an old rate is seen.
    """

    dollar_in_reais: Annotated[ExchangeRate, BeforeValidator(_exchange_rate)] = _exchange_rate("5.33@2025-11-28")


class MetricsSettings(_Group):
    """Namespace of our metrics in CloudWatch: the name of the stack, so that two stacks are not mixed."""

    powertools_metrics_namespace: str = Field(default="FalaAI", min_length=1)


class QueueSettings(_Group):
    """URLs of the queues that a function sends to. Sending to a queue with an empty URL fails."""

    titles_queue_url: str = ""
    memory_queue_url: str = ""
    email_queue_url: str = ""
    cleanup_queue_url: str = ""
    export_queue_url: str = ""


class WorkerSettings(_Group):
    """The queue that triggers a worker, and its dead-letter queue."""

    queue_url: str = Field(min_length=1)
    dead_letter_queue_url: str = Field(min_length=1)


# Groups that `make run` checks first. The others hold names of resources, which do not exist before the start.
CHECKED = (
    DatabaseSettings,
    SessionSettings,
    GeminiSettings,
    PlanSettings,
    ThinkingSettings,
    SearchSettings,
    MemorySettings,
    ReplySettings,
    UploadSettings,
    EmailSettings,
    WebSettings,
    RetentionSettings,
    OperatorSettings,
    AdminSettings,
    SignUpSettings,
    CostSettings,
)


# All groups, for the docs.
GROUPS: tuple[type[_Group], ...] = (*CHECKED, PictureSettings, MetricsSettings, QueueSettings, WorkerSettings)

Group = TypeVar("Group", bound=_Group)


@cache
def read(group: type[Group]) -> Group:
    """Read a group from the environment, once per process. An empty variable counts as not set.

    Raises SettingsError with one sentence that names every invalid variable, but never its value.
    """
    values = {name: os.environ.get(name.upper()) for name in group.model_fields}
    try:
        return group.model_validate({name: value for name, value in values.items() if value})
    except ValidationError as error:
        raise SettingsError("; ".join(_problem(detail) for detail in error.errors()) + ".") from None


def _problem(detail: Any) -> str:
    name = str(detail["loc"][0]).upper()
    wording: dict[str, Callable[[dict[str, Any]], str]] = {
        "missing": lambda _: f"{name} is not set",
        "too_short": lambda context: f"{name} is too short: at least {context['min_length']} characters are needed",
        "value_error": lambda context: f"{name} {context['error']}",
    }
    wording["string_too_short"] = wording["too_short"]
    known = wording.get(detail["type"])
    return known(detail.get("ctx", {})) if known else f"{name} is not valid: {detail['msg']}"


def main() -> int:
    """Check every group. Print one sentence about each invalid group to standard error. Returns the exit code."""
    problems = []
    for group in CHECKED:
        try:
            read(group)
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        print(" ".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
