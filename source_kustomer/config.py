"""The configuration: one model that reads it, checks it, and is the form that Airbyte shows."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from source_kustomer.errors import InvalidConfig
from source_kustomer.timestamps import DAY, MINUTE, parse_timestamp

DOCUMENTATION_URL: Final = "https://docs.airbyte.com/integrations/sources/kustomer"

REGION_HOSTS: Final = {
    "US": "api.kustomerapp.com",
    "EU": "api.prod2.kustomerapp.com",
    "India": "api.prod4.kustomerapp.com",
}
"""Where each region answers (developer.kustomer.com, "Regions and base URLs")."""

DEFAULT_HISTORY: Final = 365 * DAY
ORGANIZATION_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
START_DATE_PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
)
SIMILAR: Final = 0.75
"""From this likeness on, an unknown key is taken for a misspelt one."""

GROUPS: Final = [
    {"id": "connection", "title": "Connection"},
    {"id": "scope", "title": "What to sync"},
    {"id": "advanced", "title": "Advanced"},
]


def _form(order: int, group: str, **extra: Any) -> dict[str, Any]:
    return {"order": order, "group": group, **extra}


class Config(BaseModel):
    """How to reach an organization, and what of it to sync."""

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
            "The region that hosts your organization. A key works in its own region only. "
            "Not used when the organization is given below."
        ),
        json_schema_extra=_form(1, "connection", always_show=True),
    )
    organization: str | None = Field(
        default=None,
        title="Organization",
        pattern=ORGANIZATION_PATTERN,
        description=(
            "The subdomain you sign in at: acme in acme.kustomerapp.com. When it is given, the "
            "region is found by itself."
        ),
        json_schema_extra=_form(
            2,
            "connection",
            examples=["acme"],
            pattern_descriptor="letters, digits, hyphens",
            always_show=True,
        ),
    )
    start_date: str | None = Field(
        default=None,
        title="Start Date",
        pattern=START_DATE_PATTERN,
        description=(
            "Records updated at or after this moment (UTC) are synced, whenever they were created. "
            "When it is missing, the first sync goes one year back. Lists such as users, teams and "
            "tags are always synced whole at first."
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
            'Sync deleted records too, marked by their column "deleted", so that deletions reach '
            "the destination."
        ),
        json_schema_extra=_form(4, "scope"),
    )
    custom_attribute_columns: bool = Field(
        default=False,
        title="A Column per Custom Attribute",
        description=(
            "Also give each custom attribute a column of its own, under its name with custom_ "
            'before it, beside the column "custom" that holds them all.'
        ),
        json_schema_extra=_form(5, "scope"),
    )
    include_disabled_klasses: bool = Field(
        default=False,
        title="Include Disabled Custom Objects",
        description=(
            "Also offer a stream for each custom object (klass) that is disabled in Kustomer."
        ),
        json_schema_extra=_form(6, "scope"),
    )
    rate_limit_share: int = Field(
        default=80,
        ge=1,
        le=100,
        title="Share of the Rate Limits (Percent)",
        description=(
            "Kustomer limits the requests per minute of all your integrations together. This is "
            "the share of those limits that the connector may use. When others use more than the "
            "rest, it uses less."
        ),
        json_schema_extra=_form(7, "advanced"),
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
        json_schema_extra=_form(8, "advanced"),
    )
    lookback_minutes: int = Field(
        default=10,
        ge=0,
        le=30 * 24 * 60,
        title="Lookback (Minutes)",
        description=(
            "How far behind the end of the last sync the next one starts. Kustomer's search index "
            "shows a change a little after it happened; what arrives within this time is not "
            "missed. Records in it are read again."
        ),
        json_schema_extra=_form(9, "advanced"),
    )
    num_workers: int | None = Field(
        default=None,
        ge=1,
        le=128,
        title="Number of Workers",
        description=(
            "How many requests may be under way at once, at the most. Leave it empty: the "
            "connector finds by itself how many the rate limit can feed."
        ),
        json_schema_extra=_form(10, "advanced", examples=[16]),
    )

    @field_validator("api_key")
    @classmethod
    def _key_is_one_line_of_text(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value().strip()
        if not text:
            raise ValueError("is empty")
        if not text.isascii() or any(character.isspace() for character in text):
            raise ValueError("contains blanks or characters that no API key has")
        return SecretStr(text)

    @field_validator("organization", "start_date", mode="before")
    @classmethod
    def _empty_is_missing(cls, text: object) -> object:
        return None if isinstance(text, str) and not text.strip() else text

    @field_validator("start_date")
    @classmethod
    def _start_date_is_a_date(cls, text: str | None) -> str | None:
        if text is not None and parse_timestamp(text) is None:
            raise ValueError("is no date of the calendar")
        return text

    @staticmethod
    def parse(values: Mapping[str, Any]) -> Config:
        """Read the configuration that Airbyte hands over.

        Keys that Airbyte adds are ignored; keys that look like a misspelt one are not.

        Raises:
            InvalidConfig: with a sentence that names the field, never its value if it is secret.
        """
        if misspelt := _misspelt(values):
            wrong, right = misspelt
            raise InvalidConfig(
                f'The configuration has no field "{wrong}". Did you mean "{right}"?'
            )
        try:
            return Config.model_validate(dict(values))
        except ValidationError as error:
            raise InvalidConfig(_explain(error)) from None

    @property
    def base_url(self) -> str:
        """The address of the API for this organization or region."""
        host = REGION_HOSTS[self.region]
        if self.organization is not None:
            host = f"{self.organization.lower()}.api.kustomerapp.com"
        return f"https://{host}/v1"

    def start(self, now: int) -> int:
        """Return where a first sync begins, as an instant.

        Args:
            now: the present, an instant.

        Raises:
            InvalidConfig: when the start date lies in the future.
        """
        start = parse_timestamp(self.start_date)
        if start is None:
            return now - DEFAULT_HISTORY
        if start > now:
            raise InvalidConfig(
                f'The start date "{self.start_date}" lies in the future: nothing would be synced. '
                "Choose a date in the past."
            )
        return start

    @property
    def lookback(self) -> int:
        """The lookback in microseconds."""
        return self.lookback_minutes * MINUTE


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
        elif problem["type"] == "string_pattern_mismatch" and name == "start_date":
            sentences.append(
                f"The field {title} is no date: write it as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ."
            )
        elif problem["type"] == "string_pattern_mismatch" and name == "organization":
            sentences.append(
                f"The field {title} is no subdomain: give only the name before .kustomerapp.com, "
                "of letters, digits and hyphens."
            )
        elif problem["type"] == "value_error":
            sentences.append(f"The field {title} {problem['ctx']['error']}.")
        else:
            reason = problem["msg"][0].lower() + problem["msg"][1:]
            sentences.append(f"The field {title} is not usable: {reason}.")
    return "The configuration is not valid. " + " ".join(sentences)


def specification() -> dict[str, Any]:
    """Return the connection specification: the form that Airbyte shows, as JSON schema."""
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
    """Turn pydantic's schema of a field into Airbyte's: no `anyOf`, nothing but plain keywords."""
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
