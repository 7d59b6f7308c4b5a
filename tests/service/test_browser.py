"""A page in Chromium, which speaks to the running server with nothing but the browser's own WebSocket."""


def test_page_joins_a_group_sends_and_receives(node):
    finished = node("browser.test.js")
    assert finished.returncode == 0, finished.stdout
