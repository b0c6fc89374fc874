"""What the server sends back."""

import json
import math

from keras_sessrec.serving.dev_server.answers import Answer, RequestError


def test_json_is_utf8_text():
    answer = Answer.of_json({"title": "Käse 🍵"})
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert "Käse 🍵".encode() in answer.body
    assert json.loads(answer.body) == {"title": "Käse 🍵"}


def test_nan_and_infinities_are_the_tokens_of_tensorflow_serving():
    body = Answer.of_json([math.nan, math.inf, -math.inf]).body
    assert body.split() == [b"[NaN,", b"Infinity,", b"-Infinity]"]


def test_an_error_has_its_status_and_message():
    answer = Answer.of_error(RequestError("no such model", 404))
    assert answer.status == 404
    assert json.loads(answer.body) == {"error": "no such model"}
    assert RequestError("why").status == 400


def test_half_a_surrogate_pair_is_still_utf8():
    assert json.loads(Answer.of_json("a\ud800b").body) == "a?b"
