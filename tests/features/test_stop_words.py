import re

import pytest

from keras_sessrec.features.stop_words import LANGUAGES, STOP_WORDS, stop_word_list

# A sentence of each language, and the words that are left of it.
SENTENCES = {
    "english": ("a cup of tea with the blue saucer", "cup tea blue saucer"),
    "german": ("die tasse für den tee mit einer blauen untertasse", "tasse tee blauen untertasse"),
    "french": ("une tasse de thé avec la soucoupe et du lait", "tasse thé soucoupe lait"),
    "spanish": ("una taza de té con el plato azul y más", "taza té plato azul"),
    "dutch": ("een kopje thee met het blauwe schoteltje van ons", "kopje thee blauwe schoteltje"),
    "portuguese": ("uma xícara de chá com os pratos azuis", "xícara chá pratos azuis"),
    "italian": ("una tazza di tè con il piattino della nonna", "tazza tè piattino nonna"),
}


def test_there_is_a_sentence_for_every_language():
    assert set(SENTENCES) == set(LANGUAGES)


@pytest.mark.parametrize("language", SENTENCES)
def test_function_words_go_and_others_stay(language):
    sentence, left = SENTENCES[language]
    words = stop_word_list(language)
    tokens = re.findall(r"\b\w\w+\b", sentence)
    assert " ".join(token for token in tokens if token not in words) == left


@pytest.mark.parametrize("language", STOP_WORDS)
def test_lists_hold_tokens_in_small_letters(language):
    words = stop_word_list(language)
    assert 60 <= len(words) <= 150
    assert words == sorted(set(words))
    assert all(re.fullmatch(r"\w\w+", word) and word == word.lower() for word in words)


def test_several_languages_are_joined():
    both = set(stop_word_list(["english", "dutch"]))
    assert both == set(stop_word_list("english")) | set(stop_word_list("dutch"))
    assert set(stop_word_list(["dutch"])) == set(stop_word_list("dutch"))


def test_own_words():
    assert stop_word_list(word for word in ["Set", "new", "set"]) == ["new", "set"]
    assert stop_word_list([]) == []
    assert stop_word_list(None) == []


@pytest.mark.parametrize(
    ("stop_words", "message"),
    [
        ("klingon", "a language of .*'german'.*Received: 'klingon'"),
        ("the", "Put a single word into a list"),
        (["english", "set"], r"not both. Received: the languages \['english'\] among 2 entries"),
        ([1, 2], r"must be strings. Received: \[1, 2\]"),
    ],
)
def test_unusable_stop_words(stop_words, message):
    with pytest.raises(ValueError, match=f"`stop_words` .*{message}"):
        stop_word_list(stop_words)
