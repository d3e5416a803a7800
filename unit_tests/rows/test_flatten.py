"""Flattening: whatever Kustomer sends, the row fits its schema and nothing is lost."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.flatten import Shape
from source_kustomer.rows.schema import json_schema
from source_kustomer.streams.conversations import ConversationRow, MessageRow
from source_kustomer.streams.customers import CustomerRow
from source_kustomer.streams.kobjects import KobjectRow
from source_kustomer.streams.timeline import EventRow
from source_kustomer.streams.workspace import UserRow

METADATA = {
    "id": "conversation",
    "attributes": {
        "properties": {
            "planStr": {"type": "string", "displayName": "Plan", "enumeration": ["free", "paid"]},
            "seatsNum": {"type": "number"},
            "renewalAt": {"type": "date"},
            "vipBool": {"type": "boolean"},
            "topicTree": {"type": "tree", "tree": {"children": []}},
            "ordersId": {"type": "string", "multi": True, "target": "kobject.order"},
            "scoresNum": {"type": "number", "multi": True},
            "@acme.lifetimeValueNum": {"type": "number", "enumeration": False},
            "odd": None,
        }
    },
}
CUSTOM = CustomAttributes.from_metadata(METADATA, as_columns=True)


def validator(record, custom=None):
    return Draft7Validator(json_schema(record, custom), format_checker=FormatChecker())


def row_of(record, *, custom=None, columns=None, **resource):
    return Shape.of(record, custom=custom, columns=columns).flatten({"id": "a1", **resource})


def attributes(record=ConversationRow, **values):
    return row_of(record, attributes=values)


def test_attributes_and_relationships_become_columns_in_snake_case():
    row = row_of(
        ConversationRow,
        type="conversation",
        attributes={"assignedUsers": ["u1"], "firstDone": {"createdBy": "u1", "businessTime": 5}},
        relationships={"customer": {"links": {}, "data": {"type": "customer", "id": "c1"}}},
    )

    assert row["assigned_users"] == ["u1"]
    assert row["first_done"] == {"created_by": "u1", "business_time": 5}
    assert row["customer"] == {"type": "customer", "id": "c1"}
    assert row["type"] == "conversation"


def test_a_relationship_with_the_name_of_an_attribute_gets_a_suffix():
    row = row_of(
        ConversationRow,
        attributes={"sla": {"name": "gold"}},
        relationships={"sla": {"data": {"type": "sla", "id": "s1"}}},
    )

    assert row["sla"] == {"name": "gold"}
    assert row["sla_data"] == {"type": "sla", "id": "s1"}


def test_the_suffix_does_not_depend_on_the_attribute_being_there():
    row = row_of(ConversationRow, relationships={"sla": {"data": {"type": "sla", "id": "s1"}}})

    assert row["sla_data"] == {"type": "sla", "id": "s1"}
    assert "sla" not in row


def test_an_attribute_named_type_does_not_pass_for_the_records_type():
    row = row_of(EventRow, type="customer_event", attributes={"type": "tracked"})

    assert (row["type"], row["event_type"]) == ("customer_event", "tracked")


def test_relationships_without_a_target_give_no_column():
    row = row_of(ConversationRow, relationships={"messages": {"links": {"self": "/x"}}})

    assert "messages" not in row


def test_custom_keys_stay_verbatim():
    row = attributes(custom={"planStr": "free", "PlanStr": "paid", "@acme.xNum": 1})

    assert row["custom"] == {"planStr": "free", "PlanStr": "paid", "@acme.xNum": 1}


def test_unknown_attributes_are_kept():
    assert attributes(brandNewThing={"someKey": 1})["brand_new_thing"] == {"some_key": 1}


def test_two_attributes_that_differ_only_in_spelling_are_both_kept():
    row = attributes(someThing=1, some_thing=2)

    assert {row["some_thing"], row.get("someThing", row["some_thing"])} >= {1} or 2 in row.values()
    assert sorted(v for k, v in row.items() if k in {"some_thing", "someThing"}) in ([1, 2], [2])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("4.5", 4.5), ("4", 4), (None, None)],
)
def test_satisfaction_is_a_number_in_whatever_form_it_comes(value, expected):
    assert attributes(satisfaction=value)["satisfaction"] == expected


def test_a_value_that_does_not_fit_is_kept_beside_its_column():
    row = attributes(satisfaction="very good", tags={"a": 1})

    assert row["satisfaction"] is None
    assert row["misfit_values"]["satisfaction"] == "very good"


def test_a_row_without_misfits_does_not_mention_them():
    assert "misfit_values" not in attributes(name="x")


def test_a_masked_value_shows_its_mask():
    row = attributes(CustomerRow, name={"isMasked": True, "maskedPresentation": "***"})

    assert row["name"] == "***"


@pytest.mark.parametrize(
    "recipients", ["a@b.c", {"email": "a@b.c"}, [{"email": "a@b.c"}], ["a@b.c"]]
)
def test_recipients_are_always_a_list(recipients):
    row = attributes(MessageRow, meta={"to": recipients})

    assert row["meta"]["to"] == [{"email": "a@b.c"}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-01T12:00:00.123Z", "2024-05-01T12:00:00.123Z"),
        ("2024-05-01T12:00:00-05:00", "2024-05-01T12:00:00-05:00"),
        ("2024-05-01T12:00:00", "2024-05-01T12:00:00Z"),
        ("2024-05-01", "2024-05-01T00:00:00Z"),
        ("1990-02-30", None),
        ("soon", None),
        (1700000000, None),
    ],
)
def test_timestamps_are_rfc_3339_or_null(value, expected):
    assert attributes(CustomerRow, birthdayAt=value)["birthday_at"] == expected


def test_the_misspelt_external_id_is_read():
    assert attributes(CustomerRow, extenalId="e1")["external_id"] == "e1"


def test_a_selection_of_columns_lets_nothing_else_through():
    row = row_of(
        ConversationRow,
        columns=frozenset({"name", "misfit_values"}),
        attributes={"name": "x", "status": {"a": 1}, "priority": "high", "brandNew": 1},
    )

    assert row == {"id": "a1", "name": "x"}


def test_a_selection_of_all_columns_lets_through_what_no_schema_knows():
    everything = frozenset(ConversationRow.column_types())

    row = row_of(ConversationRow, columns=everything, attributes={"brandNew": 1})

    assert row == {"id": "a1", "brand_new": 1}


def test_columns_that_destinations_need_cannot_be_deselected():
    shape = Shape.of(ConversationRow, columns=frozenset({"name"}), always=frozenset({"updated_at"}))

    row = shape.flatten({"id": "a1", "attributes": {"updatedAt": "2024-05-01T12:00:00Z"}})

    assert row == {"id": "a1", "updated_at": "2024-05-01T12:00:00Z"}


def test_a_custom_attributes_column_can_be_selected_without_the_object_of_all():
    schema = json_schema(ConversationRow, CUSTOM)
    names = frozenset({"id", "custom_plan_str"})
    schema["properties"] = {name: schema["properties"][name] for name in names}

    row = row_of(
        ConversationRow,
        custom=CustomAttributes.from_schema(schema),
        columns=names,
        attributes={"custom": {"planStr": "free", "seatsNum": 4}},
    )

    assert row == {"id": "a1", "custom_plan_str": "free"}


def test_misfits_of_a_deselected_custom_object_go_with_it():
    row = row_of(
        ConversationRow,
        custom=CUSTOM,
        columns=frozenset({"id", "misfit_values"}),
        attributes={"custom": {"seatsNum": {"x": 1}}},
    )

    assert row == {"id": "a1"}


@pytest.mark.parametrize("deleted", [{}, {"deleted": None}])
def test_a_record_that_only_says_when_it_was_deleted_is_marked_as_deleted(deleted):
    row = attributes(UserRow, deletedAt="2024-05-01T12:00:00Z", **deleted)

    assert row["deleted"] is True


def test_a_record_that_was_deleted_and_restored_is_not_marked():
    row = attributes(UserRow, deletedAt="2024-05-01T12:00:00Z", deleted=False)

    assert row["deleted"] is False


def test_the_organizations_own_names_stay_verbatim_wherever_they_stand():
    changes = {
        "attributes": {"custom.planStr": {"op": "replace"}, "assignedUsers": {"op": "add"}},
        "custom": {"planStr": {"newValue": 1}},
    }

    row = attributes(EventRow, changes=changes)

    assert row["changes"] == {
        "attributes": {"custom.planStr": {"op": "replace"}, "assigned_users": {"op": "add"}},
        "custom": {"planStr": {"newValue": 1}},
    }


def test_a_record_without_an_id_gets_one_that_stays_the_same():
    resource = {"type": "outbound_account", "attributes": {"name": "a"}}
    shape = Shape.of(UserRow)

    assert shape.flatten(resource)["id"] == shape.flatten(dict(resource))["id"]


def test_an_attachment_without_an_id_is_known_by_its_own_link():
    resource = {"links": {"self": "/v1/messages/m1/attachments/f1"}, "attributes": {}}

    assert Shape.of(UserRow).flatten(resource)["id"] == "f1"


def test_custom_attributes_are_typed_and_described():
    schema = json_schema(ConversationRow, CUSTOM)["properties"]["custom"]["properties"]

    assert schema["planStr"]["type"] == ["null", "string"]
    assert "free, paid" in schema["planStr"]["description"]
    assert schema["seatsNum"]["type"] == ["null", "number"]
    assert schema["renewalAt"]["format"] == "date-time"
    assert schema["ordersId"]["items"]["type"] == ["null", "string"]
    assert schema["scoresNum"]["items"]["type"] == ["null", "number"]


def test_custom_attributes_are_read_back_from_the_catalog():
    again = CustomAttributes.from_schema(json_schema(ConversationRow, CUSTOM))

    assert {n: a.column_type for n, a in again.by_name.items()} == {
        n: a.column_type for n, a in CUSTOM.by_name.items()
    }
    assert again.column_names == CUSTOM.column_names


def test_a_column_of_version_0_1_0_means_the_same_attribute():
    properties = {
        "custom_planStr": {"type": ["null", "string"]},
        "custom_cust_refStr": {"type": ["null", "string"]},
    }

    custom = CustomAttributes.from_schema({"properties": properties})

    assert custom.column_names == {
        "custom_planStr": "planStr",
        "custom_cust_refStr": "cust_refStr",
    }


def test_a_column_with_a_digest_means_the_same_attribute_without_the_object_of_all():
    attributes: dict[str, dict[str, object]] = {
        "properties": {"cust-refStr": {}, "cust_refStr": {}, "größeNum": {}}
    }
    custom = CustomAttributes.from_metadata({"attributes": attributes}, as_columns=True)
    schema = json_schema(ConversationRow, custom)
    del schema["properties"]["custom"]

    again = CustomAttributes.from_schema(schema)

    assert again.column_names == custom.column_names
    assert sorted(again.column_names.values()) == sorted(attributes["properties"])


def test_each_custom_attribute_has_a_column_of_its_own_when_asked_for():
    row = row_of(ConversationRow, custom=CUSTOM, attributes={"custom": {"planStr": "free"}})

    assert row["custom_plan_str"] == "free"


def test_a_custom_value_that_does_not_fit_its_type_is_kept_beside():
    row = row_of(ConversationRow, custom=CUSTOM, attributes={"custom": {"seatsNum": {"x": 1}}})

    assert row["custom"]["seatsNum"] is None
    assert row["misfit_values"] == {"custom.seatsNum": {"x": 1}}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["2024-05-01T12:00:00Z", "2024-02-30T00:00:00Z", "12", "true", "9" * 30]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
known = [
    "name", "satisfaction", "tags", "createdAt", "updatedAt", "custom", "priority", "deleted",
    "meta", "emails", "sla", "type", "id", "links", "images", "assignedUsers", "birthdayAt",
]  # fmt: skip
resources = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=5) | st.integers(),
        "type": json_values,
        "links": json_values,
        "attributes": st.dictionaries(st.sampled_from(known) | st.text(max_size=5), json_values)
        | json_values,
        "relationships": st.dictionaries(
            st.sampled_from(["customer", "sla", "org", "queue", "attachments", "klass", "id"]),
            st.fixed_dictionaries({}, optional={"data": json_values}) | json_values,
        )
        | json_values,
    },
)


@settings(max_examples=300, deadline=None)
@given(
    resource=resources,
    record=st.sampled_from(
        [ConversationRow, MessageRow, CustomerRow, KobjectRow, EventRow, UserRow]
    ),
    typed=st.booleans(),
)
def test_every_row_fits_its_schema(resource, record, typed):
    custom = CUSTOM if typed else None

    row = Shape.of(record, custom=custom).flatten(resource)

    validator(record, custom).validate(row)


@settings(max_examples=200, deadline=None)
@given(values=st.dictionaries(st.sampled_from(known), st.text(max_size=5), max_size=6))
def test_every_text_that_comes_in_goes_out(values):
    row = row_of(CustomerRow, attributes=values)
    out = orjson.dumps(row).decode()

    for value in values.values():
        assert orjson.dumps(value).decode()[1:-1] in out or value.strip() != value or value == ""
