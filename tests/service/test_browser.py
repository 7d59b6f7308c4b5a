"""Pages in Chromium, which speak to the running server with the browser's own WebSocket or the official client."""


def test_page_joins_a_group_sends_and_receives(node):
    finished = node("browser.test.js")
    assert finished.returncode == 0, finished.stdout


def test_pages_chat_by_way_of_an_event_handler(node):
    finished = node("browser-chat.test.js")
    assert finished.returncode == 0, finished.stdout


def test_pages_with_the_official_client_recover_cut_lines(node):
    finished = node("browser-reliable.test.js")
    assert finished.returncode == 0, finished.stdout
