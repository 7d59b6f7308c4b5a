from linarite.monitoring.urls import logged_url


def test_tokens_are_not_shown():
    query = "a=1&access_token=ey.J.x&awps_reconnection_token=t&ACCESS_TOKEN=y&hub=chat&code=1%26"
    assert logged_url("https", "h:1", "/client", query) == (
        "https://h:1/client?a=1&access_token=***&awps_reconnection_token=***&ACCESS_TOKEN=***&hub=chat&code=***"
    )


def test_a_token_is_hidden_however_its_name_is_encoded():
    query = "access%5Ftoken=ey.J.x&%41ccess_Token=y&+access_token=z&a%5Ftoken=shown&access_token"
    assert logged_url("http", "h", "/client", query) == (
        "http://h/client?access%5Ftoken=***&%41ccess_Token=***&+access_token=***&a%5Ftoken=shown&access_token"
    )


def test_an_address_without_a_query_stays_as_it_is():
    assert logged_url("http", "h", "/api/x", "") == "http://h/api/x"
