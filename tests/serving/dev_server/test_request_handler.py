"""HTTP itself: broken, large, slow and odd requests."""

import json
import socket

import pytest

from keras_sessrec.serving.dev_server.request_handler import RequestHandler

ROW = {"session": ["tea"], "exclude": [""]}
BODY = json.dumps({"instances": [ROW]}).encode()


def raw(server, text):
    """Status line and body of the answer to some bytes; the server must close."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0], body


def post(headers, body=BODY):
    return (
        b"POST /v1/models/shop:predict HTTP/1.1\r\nHost: localhost\r\n"
        + headers
        + b"\r\n\r\n"
        + body
    )


def test_many_requests_use_one_connection(client):
    for _ in range(3):
        status, headers, body = client.ask("POST", "/v1/models/shop:predict", BODY)
        assert status == 200
        assert headers["Connection"] is None
        assert int(headers["Content-Length"]) == len(body)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"", b""),
        (b"Content-Length: x", b""),
        (b"Content-Length: -5", b""),
        (b"Content-Length: +5", b"{}   "),
        ("Content-Length: ٣".encode(), b"{} "),
        (b"Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n"),
        (b"Content-Length: 999999999", b"{}"),
    ],
)
def test_bodies_that_cannot_be_read(server, headers, body):
    status, answer = raw(server, post(headers, body))
    assert status.startswith(b"HTTP/1.1 400")
    assert list(json.loads(answer)) == ["error"]


def test_a_body_that_is_too_large_is_refused_unread(server):
    _, answer = raw(server, post(b"Content-Length: 100000000"))
    assert "at most 8 digits. Received: 100000000" in json.loads(answer)["error"]


@pytest.mark.parametrize(
    "line",
    [
        b"\x00\xff\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"PUT /v1/models/shop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
)
def test_what_is_no_request_never_gets_a_traceback(server, line, caplog):
    status, answer = raw(server, line)
    assert any(code in status + answer for code in (b"400", b"501", b"505"))
    assert b"Traceback" not in answer
    assert not caplog.records


def test_a_client_that_leaves_does_no_harm(server, client):
    assert raw(server, post(b"Content-Length: 5000")) == (b"", b"")
    assert client.predict({"instances": [ROW]})[0] == 200


def test_a_client_that_is_silent_is_let_go(server, monkeypatch):
    monkeypatch.setattr(RequestHandler, "timeout", 0.1)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(post(b"Content-Length: 10", b"{"))
        assert connection.recv(100) == b""


def test_a_fault_of_the_server_is_logged_and_not_told(server, client, monkeypatch, caplog):
    def fail(*args):
        raise KeyError("a secret")

    monkeypatch.setattr(server._http.routes, "answer", fail)
    status, answer = client.get("/v1/models/shop")
    assert status == 500
    assert "secret" not in answer["error"]
    assert "a secret" in caplog.text


def test_queries_are_no_part_of_the_path(client):
    assert client.get("/v1/models/shop?verbose=1")[0] == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8501", "LOCALHOST:1", "[::1]:8501"])
def test_its_own_names_are_answered(server, host):
    status, _ = raw(server, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert b" 200 " in status


REFUSED = [
    *("evil.example", "localhost.evil.example", "", "127.0.0.2", "localhost:b", "[::1", "::1"),
    *("a@localhost", "localhost:1:2", "0.0.0.0"),
]


@pytest.mark.parametrize("header", [*(f"Host: {host}\r\n" for host in REFUSED), ""])
def test_other_names_are_refused(server, header):
    """DNS rebinding: another site's page asks this machine by a name of its own."""
    status, body = raw(server, f"GET / HTTP/1.1\r\n{header}\r\n".encode())
    assert b" 403 " in status
    assert "must be one of localhost, 127.0.0.1, [::1], with" in json.loads(body)["error"]
