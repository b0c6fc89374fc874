"""HTTP itself: broken, large, slow and odd requests."""

import json
import socket

import pytest

from keras_sessrec.serving.dev_server import request_handler
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
    if not answer.startswith(b"HTTP/"):  # as to a client of 1991, which knows no head
        return b"", answer
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
        (b"Content-Length: 2\r\nContent-Encoding: gzip", b"{}"),
        (b"Content-Length: 9999999999999999999999", b"{}"),
    ],
)
def test_bodies_that_cannot_be_read(server, headers, body):
    status, answer = raw(server, post(headers, body))
    assert status.startswith(b"HTTP/1.1 400")
    assert list(json.loads(answer)) == ["error"]


@pytest.mark.parametrize(
    "line",
    [b"", b"GET", b"\x00\xff\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"],
)
def test_what_is_no_request_never_gets_a_traceback(server, line):
    status, answer = raw(server, line)
    if line:
        assert list(json.loads(answer)) == ["error"]
        assert not status or status.split()[1] in (b"400", b"501", b"505")


def test_a_request_without_a_version_gets_an_answer(server):
    status, answer = raw(server, b"GET /v1/models/shop\r\n\r\n")
    assert (status, b"AVAILABLE" in answer) == (b"", True)


def test_a_head_has_no_body(server):
    status, body = raw(server, b"HEAD /v1/models/shop HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert status == b"HTTP/1.1 200 OK"
    assert body == b""


def test_a_large_body_is_refused_after_it_was_sent(server, monkeypatch):
    monkeypatch.setattr(request_handler, "MAX_BODY_BYTES", 1000)
    body = b" " * 5000
    status, answer = raw(server, post(b"Content-Length: 5000", body))
    assert status.startswith(b"HTTP/1.1 400")
    assert "at most 1000 bytes" in json.loads(answer)["error"]
    assert raw(server, post(b"Content-Length: 1000\r\nConnection: close", BODY.ljust(1000)))[
        0
    ].endswith(b"200 OK")


def test_a_client_that_leaves_does_no_harm(server, client):
    assert raw(server, post(b"Content-Length: 5000")) == (b"", b"")
    assert client.predict({"instances": [ROW]})[0] == 200


def test_a_client_that_is_silent_is_let_go(server, monkeypatch):
    monkeypatch.setattr(RequestHandler, "timeout", 0.1)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"POST /v1/models/shop:predict HTTP/1.1\r\nContent-Length: 10\r\n\r\n{")
        assert connection.recv(100) == b""


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(client, method):
    status, _, body = client.ask(method, "/v1/models/shop")
    assert status == 400
    assert list(json.loads(body)) == ["error"]
    assert client.ask(method, "/")[0] == 404


def test_a_fault_of_the_server_is_logged_and_not_told(server, client, monkeypatch, caplog):
    def fail(*args):
        raise KeyError("a secret")

    monkeypatch.setattr(server._http, "answer", fail)
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


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.2", "a:b"])
def test_other_names_are_refused(server, host):
    """DNS rebinding: another site's page asks this machine by a name of its own."""
    status, body = raw(server, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert b" 403 " in status
    assert b"answers to localhost" in body
