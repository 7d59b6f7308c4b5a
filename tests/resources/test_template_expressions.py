import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.resources.template_expressions import ExpressionError, Scope, evaluate

VALUES = {"name": "Demo", "count": 2, "handlers": [{"urlTemplate": "http://a"}], "flag": True}


def look_up(name: str) -> object:
    if name not in VALUES:
        raise ExpressionError(f"no {name}")
    return VALUES[name]


SCOPE = Scope(look_up, look_up, "rg", "eastus")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        ("[[text]", "[text]"),
        ("[half", "[half"),
        (7, 7),
        (None, None),
        ("[parameters('NAME')]", "Demo"),
        ("[variables('count')]", 2),
        ("[format('{0}/{1}', parameters('name'), 'chat')]", "Demo/chat"),
        ("[concat('a', 'b''c', 1, true())]", "ab'c1true"),
        ("[concat(createArray(1), createArray(2))]", [1, 2]),
        ("[toLower(parameters('name'))]", "demo"),
        ("[toUpper( parameters( 'name' ) )]", "DEMO"),
        ("[resourceGroup().location]", "eastus"),
        ("[resourceGroup().name]", "rg"),
        ("[variables('handlers')[0].urlTemplate]", "http://a"),
        ("[variables('handlers')[0]['urltemplate']]", "http://a"),
        ("[if(equals(parameters('count'), 2), 'two', 'more')]", "two"),
        ("[if(and(not(false()), or(false(), empty(''))), -1, 0)]", -1),
        ("[coalesce(null(), 'x')]", "x"),
        ("[createObject('a', 1).a]", 1),
        ("[int('12')]", 12),
        ("[string(12)]", "12"),
        (
            "[resourceId('Microsoft.SignalRService/webPubSub/hubs', 'demo', 'chat')]",
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
            "/providers/Microsoft.SignalRService/webPubSub/demo/hubs/chat",
        ),
        ("[subscription().subscriptionId]", "00000000-0000-0000-0000-000000000000"),
        ({"a": ["[parameters('name')]"]}, {"a": ["Demo"]}),
    ],
)
def test_values(expression, value):
    assert evaluate(expression, SCOPE) == value


def test_a_unique_string_is_the_same_each_time_and_fit_for_a_name():
    first = evaluate("[uniqueString(resourceGroup().id)]", SCOPE)
    assert first == evaluate("[uniqueString(resourceGroup().id)]", SCOPE)
    assert first != evaluate("[uniqueString('other')]", SCOPE)
    assert isinstance(first, str)
    assert (len(first), first.isalnum(), first.islower()) == (13, True, True)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("[reference('x').y]", "the function 'reference' is not known here: expected one of and, "),
        ("[parameters('none')]", "no none"),
        ("[parameters('name'.x)]", "there is no member 'x'"),
        ("[variables('handlers')[1]]", "there is no member 1"),
        ("[]", "expected text or number or word at character 1"),
        ("[parameters('name']", r"expected \) at character"),
        ("[parameters('name') x]", "expected the end at character"),
        ("['open]", "expected text or number or word"),
        ("[format('{1}', 'x')]", "format: wrong arguments"),
        ("[int('x')]", "int: wrong arguments"),
        ("[if(true())]", "if: wrong arguments"),
        ("[" + "not(" * 60 + "true()" + ")" * 60 + "]", "nests deeper than 50 levels"),
    ],
)
def test_what_cannot_be_evaluated_is_told(expression, reason):
    with pytest.raises(ExpressionError, match=reason):
        evaluate(expression, SCOPE)


@given(st.text("[]()'.,{}01 parametsfo\n", max_size=60))
def test_any_text_is_evaluated_or_refused(text):
    with contextlib.suppress(ExpressionError):
        evaluate(f"[{text}]", SCOPE)
