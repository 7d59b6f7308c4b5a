"""The texts of refused filters, as "OData filter syntax in Azure Web PubSub service" and its parser give them."""

from __future__ import annotations

import pytest

from linarite.domain.filters import FilterError, compile_filter


def error_of(text: str) -> str:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    return str(caught.value)


def reason_of(text: str) -> str:
    """The reason, when the message is about the whole text."""
    error = error_of(text)
    start, end = f"Invalid syntax for '{text}': ", " (Parameter 'filter')"
    assert error.startswith(start)
    assert error.endswith(end)
    return error.removeprefix(start).removesuffix(end)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "invalid filter",
            "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'."
            " (Parameter 'filter')",
        ),
        ("( not 'a' )", "Invalid syntax for 'not 'a'': Type 'string', expect 'bool'. (Parameter 'filter')"),
        ("userId lt 1", "Invalid syntax for 'userId lt 1': Type 'string', expect 'int'. (Parameter 'filter')"),
        (
            "invalid(ab,c)",
            "Invalid syntax for 'invalid(ab,c)': Token 'invalid(ab,c)' is not supported. (Parameter 'filter')",
        ),
        ("ab eq 1", "Invalid syntax for 'ab eq 1': Token 'ab' is not supported. (Parameter 'filter')"),
        (
            "not length(userId) gt 5",
            "Invalid syntax for 'not length(userId)': Type 'null', expect 'bool'. (Parameter 'filter')",
        ),
        ("length()", "Invalid syntax for 'length()': Invalid token 'length()'. (Parameter 'filter')"),
        (
            "userId and true",
            "Invalid syntax for 'userId and True': Type 'string', expect 'bool'. (Parameter 'filter')",
        ),
        (
            "connectionId eq 3000000000",
            "Invalid syntax for 'connectionId eq 3000000000': Token '3000000000' is not supported."
            " (Parameter 'filter')",
        ),
    ],
)
def test_documented_mistakes_get_the_documented_texts(text, error):
    assert error_of(text) == error


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expression expected at position 0 in ''."),
        ("   ", "Expression expected at position 3 in '   '."),
        ("()", "Expression expected at position 1 in '()'."),
        ("true and", "Expression expected at position 8 in 'true and'."),
        ("(true", "')' or operator expected at position 5 in '(true'."),
        ("(true 1", "')' or operator expected at position 6 in '(true 1'."),
        ("length(userId", "')' or ',' expected at position 13 in 'length(userId'."),
        ("length(userId userId)", "')' or ',' expected at position 14 in 'length(userId userId)'."),
        ("length(userId,)", "Expression expected at position 14 in 'length(userId,)'."),
        ("true)", "Syntax error at position 5 in 'true)'."),
        ("5 -3", "Syntax error at position 4 in '5 -3'."),
        ("true; false", "Syntax error at position 5 in 'true; false'."),
        ("groups/any()", "Syntax error at position 7 in 'groups/any()'."),
        ("length (userId) gt 1", "Syntax error at position 8 in 'length (userId) gt 1'."),
        ("userId eq'a'", "Syntax error at position 12 in 'userId eq'a''."),
        ("'a' in not true", "Syntax error at position 15 in ''a' in not true'."),
        ("'a' in", "Expression expected at position 6 in ''a' in'."),
        ("userId eq 'a", "There is an unterminated string literal at position 12 in 'userId eq 'a'."),
        ("userId eq 'a''", "There is an unterminated string literal at position 14 in 'userId eq 'a'''."),
        ("duration'PT1H", "There is an unterminated literal at position 13 in 'duration'PT1H'."),
        ("1. eq 1", "A digit was expected at position 2 in '1. eq 1'."),
        ("1e+ eq 1", "A digit was expected at position 3 in '1e+ eq 1'."),
        ("userId eq #", "Syntax error: character '#' is not valid at position 10 in 'userId eq #'."),
        ("{x}", "Syntax error: character '{' is not valid at position 0 in '{x}'."),
        ("+userId", "Syntax error: character '+' is not valid at position 0 in '+userId'."),
        ("userId in ('a'", "Found an unbalanced bracket expression."),
        ("userId in ('a)", "Found an unbalanced bracket expression."),
    ],
)
def test_syntax_errors_name_the_place(text, reason):
    assert reason_of(text) == reason


def test_positions_count_utf_16_code_units():
    assert reason_of("'😀' x") == "Syntax error at position 6 in ''😀' x'."


def test_the_first_mistake_is_reported_when_another_follows():
    assert reason_of("a b #") == "Syntax error at position 3 in 'a b #'."


def test_a_character_that_is_no_token_is_reported_before_the_operand_it_follows():
    assert reason_of(") #") == "Syntax error: character '#' is not valid at position 2 in ') #'."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("userId in ('a' 'b')", "Syntax error at position 7 in ''a' 'b''."),
        ("userId in ('c', 'a' #)", "Syntax error: character '#' is not valid at position 4 in ''a' #'."),
        ("userId in (('a','b'))", "')' or operator expected at position 4 in '('a','b')'."),
    ],
)
def test_syntax_errors_in_a_list_count_from_the_start_of_the_item(text, reason):
    assert reason_of(text) == reason


@pytest.mark.parametrize(
    ("literal", "shown"),
    [
        ("2147483648", "2147483648"),
        ("-2147483649", "-2147483649"),
        ("5L", "5"),
        ("99999999999999999999", "99999999999999999999"),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
        ("2m", "2m"),
        ("NaN", "NaN"),
        ("-INF", "-INF"),
        ("0xFF", "0xFF"),
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("12:30:01.5", "12:30:01.5"),
        ("01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
        ("abcdef01-89ab-cdef-0123-456789abcdef", "abcdef01-89ab-cdef-0123-456789abcdef"),
        ("duration'PT1H'", "duration'PT1H'"),
        ("binary'AA=='", "binary'AA=='"),
    ],
)
def test_literals_of_other_kinds_are_not_supported(literal, shown):
    assert error_of(f"userId eq {literal}") == (
        f"Invalid syntax for 'userId eq {shown}': Token '{shown}' is not supported. (Parameter 'filter')"
    )


@pytest.mark.parametrize("call", ["length()", "length(userId,userId)", "contains(userId)", "substring(userId)"])
def test_a_known_function_with_a_wrong_number_of_arguments_is_an_invalid_token(call):
    assert error_of(f"{call} eq 1") == (f"Invalid syntax for '{call}': Invalid token '{call}'. (Parameter 'filter')")


@pytest.mark.parametrize("name", ["LENGTH", "any", "cast", "endsWith"])
def test_function_names_are_lower_case_and_few(name):
    assert f"Token '{name}(userId)' is not supported." in error_of(f"{name}(userId) eq 1")


@pytest.mark.parametrize("name", ["TRUE", "Null", "user", "and", "in", "$it", "grüße"])
def test_unknown_names_are_not_supported(name):
    assert reason_of(f"not {name}") == f"Token '{name}' is not supported."


@pytest.mark.parametrize("operator", ["add", "sub", "mul", "div", "mod", "has"])
def test_arithmetic_is_not_supported(operator):
    assert reason_of(f"1 {operator} 2 eq 3") == "Token 'BinaryOperator' is not supported."


def test_the_negative_sign_belongs_to_numbers_only():
    assert reason_of("-length(userId) eq 1") == "Token 'UnaryOperator' is not supported."


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("ab", "ab"),
        (" ab ", " ab "),
        ("not ab", "not ab"),
        ("userId eq tolower(ab)", "tolower(ab)"),
        ("ab eq 1 or true", "ab eq 1"),
        ("true or ab", "True or ab"),
        ("(not ab) or true", "(not ab) or True"),
        ("true or not ab eq 1", "(not ab) eq 1"),
        ("true or true or ab", "(True or True) or ab"),
        ("ab or true or true", "ab or True"),
        ("'x' in (ab, 'c')", "'x' in (ab, 'c')"),
        ("ab in groups", "ab in groups"),
    ],
)
def test_an_unsupported_name_is_reported_with_the_operation_around_it(text, part):
    assert error_of(text) == f"Invalid syntax for '{part}': Token 'ab' is not supported. (Parameter 'filter')"


@pytest.mark.parametrize(
    ("text", "part", "actual", "expected"),
    [
        ("userId", "userId", "string", "bool"),
        (" 5 ", "5", "int", "bool"),
        ("null", "null", "null", "bool"),
        ("groups", "groups", "collection", "bool"),
        ("tolower(userId)", "tolower(userId)", "null", "bool"),
        ("concat('O''Brien',userId)", "concat('O'Brien',userId)", "string", "bool"),
        ("false or userId", "False or userId", "string", "bool"),
        ("userId or true", "userId or True", "string", "bool"),
        ("true or true and userId", "True and userId", "string", "bool"),
        ("(true or false) and 1", "(True or False) and 1", "int", "bool"),
        ("false or (not true) or 007", "(False or (not True)) or 7", "int", "bool"),
        ("false or ('a' in groups) or null", "(False or ('a' in groups)) or null", "null", "bool"),
        ("not (1 gt 'a')", "1 gt 'a'", "string", "int"),
        ("true gt 1", "True gt 1", "bool", "int"),
        ("groups gt 1", "groups gt 1", "collection", "int"),
        ("ProtocoL ge 1", "ProtocoL ge 1", "string", "int"),
        ("(1 eq 1) lt 2", "(1 eq 1) lt 2", "bool", "int"),
        ("contains('a',1)", "contains('a',1)", "int", "string"),
        ("startswith(true,'a')", "startswith(True,'a')", "bool", "string"),
        ("trim(groups) eq 'a'", "trim(groups)", "collection", "string"),
        ("substring('a',userId) eq 'a'", "substring('a',userId)", "string", "int"),
        ("substring('a',0,null) eq 'a'", "substring('a',0,null)", "null", "int"),
        ("substring(1,0) eq 'a'", "substring(1,0)", "int", "string"),
        ("concat(null,5) eq 'a'", "concat(null,5)", "null", "string"),
        ("concat(userId,5) eq 'a'", "concat(userId,5)", "int", "string"),
        ("concat(5,'a') eq 'a'", "concat(5,'a')", "int", "string"),
        ("'a' in userId", "'a' in userId", "string", "collection"),
        ("'a' in 5", "'a' in 5", "int", "collection"),
    ],
)
def test_type_errors_name_the_operation_the_type_and_the_one_wanted(text, part, actual, expected):
    assert error_of(text) == (
        f"Invalid syntax for '{part}': Type '{actual}', expect '{expected}'. (Parameter 'filter')"
    )


def test_the_length_of_something_without_length_is_an_invalid_token():
    assert error_of("length(true) eq 1") == (
        "Invalid syntax for 'length(True)': Invalid token 'length(True)'. (Parameter 'filter')"
    )


def test_half_a_surrogate_pair_does_not_reach_the_message():
    assert str(error_of("userId eq '\ud800' x")).encode("utf-8")
