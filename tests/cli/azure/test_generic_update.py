"""`--set`, `--add` and `--remove` on documents."""

import pytest
from knack.util import CLIError

from linarite.cli.azure.generic_update import Change, apply_changes, in_order


def document():
    return {
        "disableLocalAuth": False,
        "networkAcLs": {"ipRules": [{"value": "::/0", "action": "Allow"}, {"value": "10.0.0.0/8", "action": "Deny"}]},
        "socketIo": None,
        "tags": {"Team": "web"},
        "names": ["a"],
    }


def changed(option, *words, force_string=False):
    target = document()
    apply_changes(target, [Change(option, words, 0)], force_string=force_string)
    return target


@pytest.mark.parametrize(
    ("words", "member", "value"),
    [
        (["disableLocalAuth=true"], "disableLocalAuth", True),
        (["disable_local_auth=True"], "disableLocalAuth", True),
        (["tags.team=a=b"], "tags", {"Team": "web", "team": "a=b"}),
        (["tags.a.b=1"], "tags", CLIError),
        (["tags={}"], "tags", {}),
        (["tags={'a': 'b'}"], "tags", {"a": "b"}),
        (["socketIo.serviceMode=Default"], "socketIo", {"serviceMode": "Default"}),
        (["names[0]=b"], "names", ["b"]),
        (["names=[1, null]"], "names", [1, None]),
        (["names[0]=007"], "names", ["007"]),
        (["names[0]="], "names", [""]),
        (["tags.x=1", "tags.y=2"], "tags", {"Team": "web", "x": "1", "y": "2"}),
    ],
)
def test_set_puts_a_value_at_a_path(words, member, value):
    if value is CLIError:
        with pytest.raises(CLIError, match="Couldn't find 'a' in 'tags'"):
            changed("--set", *words)
        return
    assert changed("--set", *words)[member] == value


@pytest.mark.parametrize("spelling", ["networkACLs", "networkAcLs", "network_ac_ls"])
@pytest.mark.parametrize("item", ["[1]", "[value=10.0.0.0/8]", ".[-1]"])
def test_items_and_members_are_found_as_in_az(spelling, item):
    rules = changed("--set", f"{spelling}.ipRules{item}.action=Allow")["networkAcLs"]["ipRules"]
    assert rules == [{"value": "::/0", "action": "Allow"}, {"value": "10.0.0.0/8", "action": "Allow"}]


def test_a_value_stays_text_when_that_is_wanted():
    assert changed("--set", "names[0]=1", force_string=True)["names"] == ["1"]
    assert changed("--add", "names", "1", force_string=True)["names"] == ["a", "1"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["names", "b"], ["a", "b"]),
        (["names", "k=v", "l=w"], ["a", {"k": "v", "l": "w"}]),
        (["names", "k=v", "b", "l=w"], ["a", {"k": "v"}, "b", {"l": "w"}]),
        (["names", '{"k": 1}', "2"], ["a", {"k": 1}, 2]),
        (["names", '{"k": "a=b"}'], ["a", {"k": "a=b"}]),
    ],
)
def test_add_appends_objects_texts_and_json(words, names):
    assert changed("--add", *words)["names"] == names


def test_add_makes_a_list_where_there_is_null():
    assert changed("--add", "socketIo", "x")["socketIo"] == ["x"]


@pytest.mark.parametrize(
    ("words", "member", "value"),
    [
        (["names", "0"], "names", []),
        (["names[0]"], "names", []),
        (["names"], "names", []),
        (["tags.Team"], "tags", {}),
        (["tags"], "tags", None),
        (["disableLocalAuth"], "disableLocalAuth", None),
        (["networkACLs.ipRules", "1"], "networkAcLs", {"ipRules": [{"value": "::/0", "action": "Allow"}]}),
    ],
)
def test_remove_takes_a_member_or_an_item(words, member, value):
    assert changed("--remove", *words)[member] == value


@pytest.mark.parametrize(
    ("option", "words", "message"),
    [
        ("--set", ["tags.a"], "usage error: 'tags.a': expected --set KEY=VALUE"),
        ("--set", ["=1"], "usage error: Empty key in --set"),
        ("--set", ["properties.x=1"], r"Couldn't find 'properties' in ''. Available options: \['disableLocalAuth', "),
        ("--set", ["names.x=1"], r"Couldn't find 'x' in 'names'. Expected the index of an item"),
        ("--set", ["names[1]=1"], "index 1 doesn't exist on names"),
        ("--set", ["names[1].x=1"], "index 1 doesn't exist on names"),
        ("--set", ["names[x=1].y=1"], "key 'x' with value '1' has no match on names"),
        ("--set", ["disableLocalAuth.x=1"], "'disableLocalAuth' does not support further indexing"),
        ("--add", ["tags", "a"], "--add: expected a list at 'tags'"),
        ("--add", ["tags.nothing", "a"], "Couldn't find 'nothing' in 'tags'"),
        ("--remove", ["names", "1"], "index 1 doesn't exist on names"),
        ("--remove", ["names", "a"], "--remove: expected the index of an item, got 'a'"),
        ("--remove", ["tags", "0"], "--remove: expected a list at 'tags'"),
        ("--remove", ["nothing"], "Couldn't find 'nothing' in ''"),
        ("--remove", ["tags.team"], "Couldn't find 'team' in 'tags'"),
    ],
)
def test_what_does_not_fit_is_told(option, words, message):
    with pytest.raises(CLIError, match=message):
        changed(option, *words)


def test_changes_are_made_in_the_order_in_which_they_were_given():
    later, sooner = Change("--set", ("names=[]",), 1), Change("--add", ("names", "b"), 0)
    assert in_order([later], None, [sooner]) == [sooner, later]
    target = document()
    apply_changes(target, in_order([later], [sooner]), force_string=False)
    assert target["names"] == []


def test_a_member_that_is_not_known_is_sent_with_a_warning(az, resource):
    updated = az(f"webpubsub update {resource} --set color=red")
    assert updated.errors == "WARNING: Property 'color' not found. It is sent as an additional property.\n"
    assert updated.document["color"] == "red"
