"""The configuration: one model that reads it, checks it, and is the form that Airbyte shows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from source_kustomer.errors import InvalidConfig
from source_kustomer.text import MIN_KEY_LENGTH, printable
from source_kustomer.timestamps import DAY, MINUTE, parse_timestamp

DOCUMENTATION_URL: Final = "https://docs.airbyte.com/integrations/sources/kustomer"

REGION_HOSTS: Final = {
    "US": "api.kustomerapp.com",
    "EU": "api.prod2.kustomerapp.com",
    "India": "api.prod4.kustomerapp.com",
}
"""The host of the API in each region (developer.kustomer.com, "Regions and base URLs")."""

DEFAULT_HISTORY: Final = 365 * DAY
ORGANIZATION_PATTERN: Final = (
    r"^\s*(https?://)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"
    r"((\.api)?\.kustomerapp\.com(/.*)?)?\s*$"
)
"""A subdomain of Kustomer, or an address of the web application; group 2 is the subdomain."""
START_DATE_PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
)
SIMILAR: Final = 0.75
"""The ratio of equal characters from which an unknown field counts as a misspelt known one."""

GROUPS: Final = [
    {"id": "connection", "title": "Connection"},
    {"id": "scope", "title": "What to sync"},
    {"id": "advanced", "title": "Advanced"},
]


def _form(order: int, group: str, **extra: Any) -> dict[str, Any]:
    return {"order": order, "group": group, **extra}


class Config(BaseModel):
    """The address of an organization, the API key, and what to sync."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    api_key: SecretStr = Field(
        title="API Key",
        description=(
            "An API key of your Kustomer organization. An administrator creates it under "
            "Settings > Security > API Keys; Kustomer shows it once. Give it the read roles of the "
            "objects you want to sync and the search role "
            "(org.permission.search.create or org.user.search.read), and no expiry date."
        ),
        json_schema_extra=_form(0, "connection", airbyte_secret=True),
    )
    region: Literal["US", "EU", "India"] = Field(
        default="US",
        title="Region",
        description=(
            "The region that hosts your organization. An API key works in its own region only. "
            "Not used when you enter the organization below."
        ),
        json_schema_extra=_form(1, "connection", always_show=True),
    )
    organization: str | None = Field(
        default=None,
        title="Organization",
        description=(
            "The subdomain where you sign in: acme in acme.kustomerapp.com. If you enter it, the "
            "connector does not need the region."
        ),
        json_schema_extra=_form(
            2,
            "connection",
            pattern=ORGANIZATION_PATTERN,
            examples=["acme"],
            pattern_descriptor="acme or acme.kustomerapp.com",
            always_show=True,
        ),
    )
    start_date: str | None = Field(
        default=None,
        title="Start Date",
        pattern=START_DATE_PATTERN,
        description=(
            "Records that were updated at or after this time (UTC) are synced, even if they were "
            "created earlier. By default the first sync starts one year ago. The first sync of "
            "short lists, such as users, teams and tags, always includes all records."
        ),
        json_schema_extra=_form(
            3,
            "scope",
            format="date-time",
            examples=["2024-01-01", "2024-01-01T00:00:00Z"],
            pattern_descriptor="YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ",
            always_show=True,
        ),
    )
    include_deleted: bool = Field(
        default=True,
        title="Include Deleted Records",
        description=(
            "Sync deleted records too, so that deletions reach the destination. Their column "
            '"deleted" is true.'
        ),
        json_schema_extra=_form(4, "scope"),
    )
    deletions: Literal["mark", "remove"] = Field(
        default="mark",
        title="Deletion Mode",
        description=(
            "mark: a deleted record stays in the destination, with true in the column "
            '"deleted". remove: rows also have the column "_ab_cdc_deleted_at", so that a '
            "destination in a sync mode with deduplication deletes the row. Refresh the source "
            "schema after a change. Not used when deleted records are not included."
        ),
        json_schema_extra=_form(5, "scope"),
    )
    exclude_free_text: bool = Field(
        default=False,
        title="Leave Out Free Text",
        description=(
            "Leave out what people write in their own words, and what is made from it: texts and "
            "subjects of messages, notes, previews, titles of conversations, answers to surveys, "
            "and summaries. The documentation lists these columns. Refresh the source schema "
            "after a change. Texts that are already in the destination stay there."
        ),
        json_schema_extra=_form(6, "scope"),
    )
    custom_attribute_columns: bool = Field(
        default=False,
        title="A Column per Custom Attribute",
        description=(
            "Add a column for each custom attribute. Its name is that of the attribute with the "
            'prefix custom_. The column "custom" always holds all custom attributes.'
        ),
        json_schema_extra=_form(7, "scope"),
    )
    include_disabled_klasses: bool = Field(
        default=False,
        title="Include Disabled Custom Objects",
        description=("Add a stream for each custom object (klass) that is disabled in Kustomer."),
        json_schema_extra=_form(8, "scope"),
    )
    rate_limit_share: int = Field(
        default=80,
        ge=1,
        le=100,
        title="Share of the Rate Limits (Percent)",
        description=(
            "Kustomer limits the requests per minute of all your integrations together. This is "
            "the share of those limits that the connector may use. It uses less while other "
            "integrations use more than the rest."
        ),
        json_schema_extra=_form(9, "advanced"),
    )
    searches_per_minute: int = Field(
        default=100,
        ge=1,
        le=100_000,
        title="Searches per Minute",
        description=(
            "The number of searches per minute that Kustomer allows for your API key. Kustomer "
            "documents 100. Change it only if Kustomer has set another limit for your "
            "organization. The connector uses its share of it. The log of a sync reports when "
            "Kustomer's answers show another limit."
        ),
        json_schema_extra=_form(10, "advanced"),
    )
    lookback_minutes: int = Field(
        default=10,
        ge=0,
        le=30 * 24 * 60,
        title="Lookback (Minutes)",
        description=(
            "Each sync starts this long before the end of the last one, and reads the records of "
            "that time again. Kustomer's search shows a change with a delay. A change is not "
            "missed if its delay is shorter than this time."
        ),
        json_schema_extra=_form(11, "advanced"),
    )
    num_workers: int | None = Field(
        default=None,
        ge=1,
        le=128,
        title="Number of Workers",
        description=(
            "The largest number of requests at the same time. Leave it empty: the connector then "
            "adapts the number to the rate limit."
        ),
        json_schema_extra=_form(12, "advanced", examples=[16]),
    )

    @field_validator("api_key")
    @classmethod
    def _check_key(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value().strip()
        if not text:
            raise ValueError("is empty")
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError(
                "contains spaces, control characters or other characters that API keys do not "
                "have: copy the key again"
            )
        if len(text) < MIN_KEY_LENGTH:
            raise ValueError(
                f"has fewer than {MIN_KEY_LENGTH} characters: copy the whole key from Kustomer"
            )
        return SecretStr(text)

    @field_validator("start_date", "region", mode="before")
    @classmethod
    def _strip(cls, text: object) -> object:
        return text.strip() if isinstance(text, str) else text

    @field_validator("organization", mode="before")
    @classmethod
    def _subdomain(cls, text: object) -> object:
        if not isinstance(text, str):
            return text
        found = re.match(ORGANIZATION_PATTERN, text, re.IGNORECASE)
        if found is None:
            raise ValueError(
                "is not a subdomain: enter only the name before .kustomerapp.com, which has "
                "letters, digits and hyphens"
            )
        return found[2].lower()

    @field_validator("start_date")
    @classmethod
    def _start_date_is_a_date(cls, text: str | None) -> str | None:
        if text is not None and parse_timestamp(text) is None:
            raise ValueError("is not a date of the calendar")
        return text

    @staticmethod
    def parse(values: Mapping[str, Any]) -> Config:
        """Validate a configuration.

        Fields that Airbyte adds are ignored. Null and "" mean "not given".

        Args:
            values: the content of the configuration file.

        Raises:
            InvalidConfig: when a field is missing, has an invalid value or looks misspelt. The
                message names the field and does not show the value of a secret.
        """
        if misspelt := _misspelt(values):
            wrong, right = misspelt
            raise InvalidConfig(
                f'The configuration field "{printable(wrong)}" does not exist. '
                f'Did you mean "{right}"?'
            )
        try:
            return Config.model_validate(
                {
                    name: value
                    for name, value in values.items()
                    if name == "api_key" or not _is_blank(value)
                }
            )
        except ValidationError as error:
            raise InvalidConfig(_explain(error)) from None

    @property
    def base_url(self) -> str:
        """The URL of the API for this organization or region."""
        host = REGION_HOSTS[self.region]
        if self.organization is not None:
            host = f"{self.organization}.api.kustomerapp.com"
        return f"https://{host}/v1"

    def start(self, now: int) -> int:
        """Return the timestamp at which a first sync begins, in Unix microseconds.

        Args:
            now: the present time, in Unix microseconds.

        Raises:
            InvalidConfig: when the start date lies in the future.
        """
        start = parse_timestamp(self.start_date)
        if start is None:
            return now - DEFAULT_HISTORY
        if start > now:
            raise InvalidConfig(
                f'The start date "{self.start_date}" is in the future, so nothing would be '
                "synced. Choose a date in the past."
            )
        return start

    @property
    def lookback(self) -> int:
        """The lookback in microseconds."""
        return self.lookback_minutes * MINUTE


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _misspelt(values: Mapping[str, Any]) -> tuple[str, str] | None:
    known = list(Config.model_fields)
    for key in values:
        if not isinstance(key, str) or key.startswith("_") or key in known:
            continue
        folded = key.lower().replace("-", "_").replace(" ", "_")
        if close := difflib.get_close_matches(folded, known, n=1, cutoff=SIMILAR):
            return key, close[0]
    return None


def _explain(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, problem["loc"])) or "the configuration"
        field = Config.model_fields.get(name)
        title = f'"{name}" ({field.title})' if field else name
        if problem["type"] == "missing":
            sentences.append(f"The field {title} is missing.")
        elif problem["type"] == "string_pattern_mismatch":
            sentences.append(
                f"The field {title} is not a date: write it as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ."
            )
        elif problem["type"] == "value_error":
            sentences.append(f"The field {title} {problem['ctx']['error']}.")
        else:
            reason = problem["msg"][0].lower() + problem["msg"][1:]
            sentences.append(f"The field {title} is not valid: {reason}.")
    return "The configuration is not valid. " + " ".join(sentences)


def specification() -> dict[str, Any]:
    """Return the connection specification, the JSON schema of the form that Airbyte shows."""
    schema = Config.model_json_schema()
    properties = {name: _property(field) for name, field in schema["properties"].items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Kustomer Source Spec",
        "type": "object",
        "required": schema["required"],
        "properties": properties,
        "groups": GROUPS,
        "additionalProperties": True,
    }


def _property(field: Mapping[str, Any]) -> dict[str, Any]:
    """Convert pydantic's schema of a field to Airbyte's, which has no `anyOf`."""
    flat = dict(field)
    for variant in flat.pop("anyOf", []):
        if variant.get("type") != "null":
            flat = {**variant, **flat}
    if flat.get("default", ...) is None:
        del flat["default"]
    if flat.get("airbyte_secret"):
        flat.pop("format", None)
        flat.pop("writeOnly", None)
    return flat
