"""Resources become rows that fit the stream's schema."""

import pytest

from source_kustomer.engine.stream import declared_streams
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.names import camel_case, fold
from source_kustomer.rows.schema import json_schema
from source_kustomer.streams.conversations import ConversationRow, MessageRow
from source_kustomer.streams.customers import CustomerRow
from source_kustomer.streams.knowledge_base import KbThemeRow
from source_kustomer.streams.kobjects import KobjectRow
from source_kustomer.streams.routing import TeamRoutingSettingsRow
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


def row_of(model, *, custom=None, columns=None, **resource):
    return RowMapper(model, custom=custom, columns=columns).flatten({"id": "a1", **resource})


def attributes(model=ConversationRow, **values):
    return row_of(model, attributes=values)


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


def test_an_attribute_that_is_not_declared_is_kept_and_noted():
    row = attributes(brandNewThing={"someKey": 1})

    assert row["brand_new_thing"] == {"some_key": 1}
    assert row["misfit_values"] == {"brand_new_thing": {"someKey": 1}}


def test_a_key_that_is_not_declared_is_kept_and_noted():
    row = attributes(MessageRow, meta={"from": "a@b.c", "brandNewThing": {"someKey": 1}})

    assert row["meta"] == {"from": "a@b.c", "brand_new_thing": {"some_key": 1}}
    assert row["misfit_values"] == {"meta.brand_new_thing": {"someKey": 1}}


def test_an_absent_value_of_what_is_not_declared_is_not_noted():
    row = attributes(MessageRow, brandNewThing=None, meta={"other": None})

    assert row == {"id": "a1", "brand_new_thing": None, "meta": {"other": None}}


def test_a_relationship_that_is_not_declared_is_kept_and_noted():
    order = {"type": "kobject.order", "id": "o1"}

    row = row_of(CustomerRow, relationships={"shopify-orders": {"data": [order]}})

    assert row["shopify-orders"] == [order]
    assert row["misfit_values"] == {"shopify-orders": [order]}


@pytest.mark.parametrize("first", ["updatedAt", "updated_at", "Updated_At", "UpdatedAt"])
def test_the_cursor_column_holds_the_records_own_update_time(first):
    own, other = "2024-05-01T12:00:00Z", "2031-01-01T00:00:00Z"
    keys = [first, "updatedAt", "updated_at", "Updated_At", "UpdatedAt"]

    row = attributes(**{key: own if key == "updatedAt" else other for key in keys})

    assert row["updated_at"] == own
    assert sorted(row["misfit_values"].values()) == [other] * 3
    assert all(row[column] == other for column in row["misfit_values"])


def test_an_attribute_spelled_like_a_column_does_not_pass_for_its_owner():
    row = attributes(updated_at="2031-01-01T00:00:00Z")

    assert "updated_at" not in row
    assert row["attribute_updated_at"] == "2031-01-01T00:00:00Z"


def test_attributes_of_one_name_in_snake_case_are_all_kept():
    row = attributes(someThing=1, some_thing=2, SomeThing=3)

    assert sorted(row["misfit_values"].values()) == [1, 2, 3]
    assert [row[column] for column in row["misfit_values"]] == [1, 2, 3]


@pytest.mark.parametrize("key", ["updated-at", "Updated At", "UPDATED_AT"])
def test_no_column_equals_a_declared_one_when_names_are_folded(key):
    row = attributes(**{key: "soon"})

    (column,) = row["misfit_values"]
    assert fold(column) != "updated_at"
    assert row[column] == "soon"


@pytest.mark.parametrize("key", ["id", "type", "links", "misfitValues", "misfit_values"])
def test_an_attribute_does_not_take_the_place_of_the_records_own_members(key):
    row = row_of(KobjectRow, type="kobject.order", attributes={key: "x"}, links={"self": "/y"})

    assert (row["id"], row["type"], row["links"]) == ("a1", "kobject.order", {"self": "/y"})
    (column,) = row["misfit_values"]
    assert row["misfit_values"] == {column: "x"}
    assert row[column] == "x"


def test_a_column_that_the_stream_adds_is_left_to_it():
    reserved = frozenset({"conversation_updated_at", "attribute_conversation_updated_at"})
    mapper = RowMapper(EventRow, reserved=reserved)

    row = mapper.flatten({"id": "a1", "attributes": {"conversationUpdatedAt": "soon"}})

    assert not reserved & row.keys()
    assert "soon" in row["misfit_values"].values()


def test_an_attribute_can_have_the_column_of_a_relationship_that_is_absent():
    assert attributes(customer={"type": "customer", "id": "c1"})["customer"]["id"] == "c1"
    assert attributes(customer="c1")["misfit_values"] == {"customer": "c1"}


def test_a_relationship_keeps_its_column_when_there_is_an_attribute_of_its_name():
    reference = {"type": "customer", "id": "c1"}

    row = row_of(
        ConversationRow,
        attributes={"customer": "Ada"},
        relationships={"customer": {"data": reference}},
    )

    assert row["customer"] == reference
    assert row["attribute_customer"] == "Ada"
    assert row["misfit_values"] == {"attribute_customer": "Ada"}


def test_a_relationship_can_have_the_column_of_an_attribute_that_is_absent():
    related = [{"type": "queue", "id": "q1"}]

    row = row_of(TeamRoutingSettingsRow, relationships={"queues": {"data": related}})

    assert row["queues"] == related


def test_a_relationship_does_not_go_into_a_column_of_another_type():
    row = row_of(ConversationRow, relationships={"tags": {"data": [{"type": "tag", "id": "t1"}]}})

    assert "tags" not in row
    assert row["tags_data"] == [{"type": "tag", "id": "t1"}]


def test_an_attribute_without_a_name_gets_one():
    assert attributes(**{"": "x"})["attribute_"] == "x"


def test_an_object_without_custom_attributes_can_have_an_attribute_of_that_name():
    schema = {"properties": {"custom": {}, "custom_plan_str": {"type": ["null", "string"]}}}

    row = row_of(
        KbThemeRow, custom=CustomAttributes.from_schema(schema), attributes={"custom": True}
    )

    assert row == {"id": "a1", "custom": True}


@pytest.mark.parametrize("stream", declared_streams(), ids=lambda stream: stream.name)
def test_each_column_has_an_attribute_or_a_relationship_of_its_own(stream):
    columns = stream.row.column_types()
    attributes = {camel_case(name): f"attribute {name}" for name in columns}
    bases = {name: name.removesuffix("_data") for name in columns}
    relationships = {
        camel_case(base if base in columns else name): {"data": {"type": "x", "id": name}}
        for name, base in bases.items()
        if columns[name] == "reference"
    }

    row = row_of(stream.row, attributes=attributes, relationships=relationships)

    members = {"id", "type", "links", "misfit_values"}
    for name, kind in columns.items():
        if kind == "text" and name not in members:
            assert row[name] == f"attribute {name}"
        elif kind == "reference":
            assert row[name] == {"type": "x", "id": name}


def test_keys_of_one_name_in_snake_case_are_all_kept():
    row = attributes(MessageRow, meta={"inReplyTo": "a", "in_reply_to": "b", "InReplyTo": "c"})

    assert row["meta"]["in_reply_to"] == "a"
    assert sorted(row["meta"].values()) == ["a", "b", "c"]
    assert sorted(row["misfit_values"].values()) == ["b", "c"]


def test_a_nested_value_that_does_not_fit_is_noted_by_its_path():
    row = attributes(
        CustomerRow, emails=[{"email": "a@b.c"}, {"email": ["x"], "verified": "maybe"}]
    )

    assert row["emails"] == [{"email": "a@b.c"}, {"email": None, "verified": None}]
    assert row["misfit_values"] == {"emails.1.email": ["x"], "emails.1.verified": "maybe"}


def test_one_item_that_does_not_fit_leaves_the_others():
    row = attributes(tags=["t1", {"a": 1}, None, "t2"])

    assert row["tags"] == ["t1", None, None, "t2"]
    assert row["misfit_values"] == {"tags.1": {"a": 1}}


def test_values_of_one_path_are_all_kept():
    row = row_of(ConversationRow, some_key=1, attributes={"someKey": 2})

    assert row["misfit_values"] == {"some_key": 1, "some_key_": 2}


@pytest.mark.parametrize("attributes", ["x", ["x"], 1, True])
def test_attributes_that_are_not_an_object_are_noted(attributes):
    row = row_of(ConversationRow, attributes=attributes)

    assert row == {"id": "a1", "misfit_values": {"attributes": attributes}}


def test_members_and_relationships_of_another_form_are_noted():
    row = row_of(
        ConversationRow,
        attributes=None,
        relationships={"customer": "c1", "queue": None, "org": {"other": 1}},
        meta={"a": 1},
    )

    assert row == {
        "id": "a1",
        "misfit_values": {
            "relationships.customer": "c1",
            "relationships.org": {"other": 1},
            "meta": {"a": 1},
        },
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("4.5", 4.5), ("4", 4), (None, None)],
)
def test_satisfaction_is_a_number_in_every_form_that_kustomer_sends(value, expected):
    assert attributes(satisfaction=value)["satisfaction"] == expected


def test_a_value_that_does_not_fit_its_column_is_kept_in_misfit_values():
    row = attributes(satisfaction="very good", tags={"a": 1})

    assert row["satisfaction"] is None
    assert row["misfit_values"]["satisfaction"] == "very good"


def test_a_row_whose_values_all_fit_has_no_misfit_values():
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
        ("2024-05-01T12:00:00-05:00", "2024-05-01T17:00:00Z"),
        ("2024-05-01T12:00:00.5+0530", "2024-05-01T06:30:00.5Z"),
        ("0001-01-01T00:00:00+01:00", None),
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

    assert row == {"id": "a1", "brand_new": 1, "misfit_values": {"brand_new": 1}}


def test_columns_that_destinations_need_cannot_be_deselected():
    mapper = RowMapper(
        ConversationRow, columns=frozenset({"name"}), always=frozenset({"updated_at"})
    )

    row = mapper.flatten({"id": "a1", "attributes": {"updatedAt": "2024-05-01T12:00:00Z"}})

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


def test_misfit_values_of_a_deselected_custom_object_go_with_it():
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
    mapper = RowMapper(UserRow)

    assert mapper.flatten(resource)["id"] == mapper.flatten(dict(resource))["id"]


def test_an_attachment_without_an_id_is_known_by_its_own_link():
    resource = {"links": {"self": "/v1/messages/m1/attachments/f1"}, "attributes": {}}

    assert RowMapper(UserRow).flatten(resource)["id"] == "f1"


def test_custom_attributes_are_typed_and_described():
    properties = json_schema(ConversationRow, CUSTOM)["properties"]
    schema = properties["custom"]["properties"]

    assert schema["planStr"]["type"] == ["null", "string"]
    assert "free, paid" in properties["custom_plan_str"]["description"]
    assert properties["custom_plan_str"]["title"] == "planStr"
    assert schema["seatsNum"]["type"] == ["null", "number"]
    assert schema["renewalAt"]["format"] == "date-time"
    assert schema["ordersId"]["items"]["type"] == ["null", "string"]
    assert schema["scoresNum"]["items"]["type"] == ["null", "number"]


def test_one_odd_attribute_leaves_the_others_typed():
    tree: object = "leaf"
    for _ in range(300):
        tree = [tree]
    properties = {"a\0": {"displayName": "b\0"}, "deepTree": {"tree": tree}, "planStr": {}}

    custom = CustomAttributes.from_metadata({"attributes": {"properties": properties}})

    assert list(custom.by_name) == ["a\ufffd", "deepTree", "planStr"]
    assert custom.by_name["a\ufffd"].description == "b\ufffd."


def test_custom_attributes_are_read_back_from_the_catalog():
    again = CustomAttributes.from_schema(json_schema(ConversationRow, CUSTOM))

    assert {n: a.kind for n, a in again.by_name.items()} == {
        n: a.kind for n, a in CUSTOM.by_name.items()
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


@pytest.mark.parametrize(
    "properties", [None, True, [], {"custom": True}, {"custom": {"properties": True}}]
)
def test_a_schema_without_types_has_no_custom_attributes(properties):
    assert CustomAttributes.from_schema({"properties": properties}) == CustomAttributes()


def test_a_column_whose_schema_is_a_boolean_means_the_same_attribute():
    custom = CustomAttributes.from_schema({"properties": {"custom_plan_str": True}})

    assert custom.column_names == {"custom_plan_str": "planStr"}


def test_a_title_of_another_origin_is_not_taken_for_an_attribute():
    entry = {"type": ["null", "string"], "title": "Custom plan"}

    custom = CustomAttributes.from_schema({"properties": {"custom_plan_str": entry}})

    assert custom.column_names == {"custom_plan_str": "planStr"}


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


def test_a_custom_value_that_does_not_fit_its_type_is_in_misfit_values():
    row = row_of(ConversationRow, custom=CUSTOM, attributes={"custom": {"seatsNum": {"x": 1}}})

    assert row["custom"]["seatsNum"] is None
    assert row["misfit_values"] == {"custom.seatsNum": {"x": 1}}
