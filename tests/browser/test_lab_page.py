"""The page that all browser tests use notices what leaves this machine."""

import socket

REACH_OUT = """elsewhere => {
    new WebSocket(`ws://${elsewhere}/socket`);
    return fetch(`http://${elsewhere}/request`).catch(() => null);
}"""


def test_requests_and_sockets_to_elsewhere_are_noted(lab_page, server):
    page, wrong = lab_page
    page.goto(f"{server[0]}/login")  # its policy lets it
    with socket.create_server(("127.0.0.2", 0)) as listener, page.expect_event("websocket"):
        elsewhere = f"127.0.0.2:{listener.getsockname()[1]}"
        page.evaluate(REACH_OUT, elsewhere)
    left = {what for what in wrong if what.startswith("left")}
    assert left == {
        f"left this machine: {what}" for what in (f"http://{elsewhere}/request", f"ws://{elsewhere}/socket")
    }
