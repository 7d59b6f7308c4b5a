import uuid

import pytest

LOCATION = "/providers/Microsoft.SignalRService/locations/eastus"
TYPE = "Microsoft.SignalRService/webPubSub"


def check_name(arm, **body):
    return arm.post(f"{LOCATION}/checkNameAvailability", json=body)


def test_a_free_name_is_available(arm, name):
    assert check_name(arm, type=TYPE, name=name).json() == {
        "nameAvailable": True,
        "reason": None,
        "message": None,
    }


def test_a_name_that_is_taken_is_not_available(arm, resource, name):
    assert check_name(arm, type=TYPE.upper(), name=name.upper()).json() == {
        "nameAvailable": False,
        "reason": "AlreadyExists",
        "message": "The name is already taken. Please try a different name.",
    }


def test_a_text_that_is_no_name_is_not_available(arm):
    answer = check_name(arm, type=TYPE, name="-x").json()
    assert (answer["nameAvailable"], answer["reason"]) == (False, "Invalid")


@pytest.mark.parametrize(
    ("body", "target"), [({}, "type"), ({"type": "x", "name": "abc"}, "type"), ({"type": TYPE}, "name")]
)
def test_type_and_name_are_required(arm, body, target):
    response = check_name(arm, **body)
    assert response.status_code == 400
    assert response.json()["error"]["target"] == target


def test_usages_count_resources_and_units_of_a_location(arm):
    location = f"place{uuid.uuid4().hex[:8]}"
    group = f"/resourceGroups/{location}"
    arm.put(group, json={"location": "eastus"})
    for tier, capacity in (("Free_F1", 1), ("Standard_S1", 5), ("Premium_P1", 2)):
        path = f"{group}/providers/{TYPE}/{location}{tier[:4]}"
        body = {"location": location, "sku": {"name": tier, "capacity": capacity}}
        assert arm.put(path, json=body).status_code == 201
    listed = arm.get(f"/providers/Microsoft.SignalRService/locations/{location.upper()}/usages").json()
    assert {item["name"]["value"]: item["currentValue"] for item in listed["value"]} == {
        "FreeTierInstances": 0,
        "SignalRTotalUnits": 0,
        "WebPubSubFreeTierInstances": 1,
        "WebPubSubTotalUnits": 7,
    }
    assert listed["value"][3] == {
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.SignalRService"
        f"/locations/{location}/usages/WebPubSubTotalUnits",
        "currentValue": 7,
        "limit": 2**31 - 1,
        "name": {"value": "WebPubSubTotalUnits", "localizedValue": "WebPubSubTotalUnits"},
        "unit": "Count",
    }


def test_operations_are_listed_under_the_platforms_names(arm):
    url = str(arm.base_url).partition("/subscriptions")[0] + "/providers/Microsoft.SignalRService/operations"
    listed = arm.get(url).json()
    assert listed["nextLink"] is None
    names = [item["name"] for item in listed["value"]]
    assert len(names) == len(set(names))
    assert "Microsoft.SignalRService/WebPubSub/regeneratekey/action" in names
    assert listed["value"][0] == {
        "name": "Microsoft.SignalRService/operations/read",
        "isDataAction": False,
        "display": {
            "provider": "Microsoft.SignalRService",
            "resource": "operations",
            "operation": "List the operations of the provider",
            "description": "List the operations of the provider.",
        },
        "origin": "user,system",
        "properties": {},
    }
