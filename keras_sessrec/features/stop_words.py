"""The commonest function words of some languages, which say nothing about an item."""

from __future__ import annotations

from collections.abc import Iterable

# Words of two letters and more, in small letters: what the tokens of `TextVectorizer` look
# like, for which the French "l'eau" is the one word "eau". Articles, pronouns, prepositions,
# conjunctions and forms of to be and to have; negations too, but no word that can name a thing
# (the French "son" is a sound as well, but by far more often "his").
_WORDS = {
    "german": """
        aber als am an auch auf aus bei beim bin bis bist da damit dann das dass daß dein deine
        dem den denn der des die dies diese diesem diesen dieser dieses doch dort du durch ein
        eine einem einen einer eines er es etwas euch euer für gegen haben hat hatte hatten ich
        ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist kann kein keine keinen können man
        mehr mein meine mich mir mit nach nicht noch nun nur ob oder ohne sein seine seinem seinen
        seiner seit sich sie sind so über um und uns unser unsere unter vom von vor war waren was
        wenn werden wie wir wird zu zum zur
    """,
    "french": """
        ai au aussi aux avec avoir car ce ceci cela ces cet cette ceux chez comme dans de depuis
        des dont du elle elles en entre est et été être eux fait il ils je jusqu la là le les leur
        leurs lorsqu lorsque lui ma mais me même mes moi mon ne ni nos notre nous on ont ou où par
        pas pendant plus pour puis puisqu qu quand que quel quelle quelles quels qui quoi sa sans
        se selon ses si soit son sont sous sur ta te tes toi ton tous tout toute toutes très tu un
        une vers vos votre vous
    """,
    "spanish": """
        al algo ante antes como con contra cual cuando de del desde donde durante el él ella ellas
        ellos en entre era eran es esa esas ese eso esos esta está estas este esto estos están fue
        fueron ha hacia han hasta hay la las le les lo los más me mi mis mucho muy ni no nos
        nosotros nuestra nuestras nuestro nuestros os otra otro para pero poco por porque que qué
        quien se sea según ser si sí sido sin sobre son su sus también tanto te tiene todo todos
        tu tus un una unas uno unos usted vosotros ya yo
    """,
    "dutch": """
        aan al alle als altijd ben bij dan dat de der deze die dit doch doen door dus een eens en
        er ge geen geweest had haar hadden heb hebben heeft hem het hier hij hoe hun iets ik in is
        ja je jij jou jouw jullie kan kon kunnen maar me meer men met mij mijn moet na naar niet
        niets nog nu of om omdat onder ons onze ook op over reeds te tegen toch toen tot tussen
        uit uw van veel voor want waren was wat we wel werd wezen wie wij wil worden wordt zal ze
        zelf zich zij zijn zo zonder zou
    """,
    "portuguese": """
        ao aos aquela aquele aquilo as até com como da das de dela dele deles depois do dos ela
        elas ele eles em entre era eram essa essas esse esses esta está estas este estes estão eu
        foi foram há isso isto já lhe lhes mais mas me mesmo meu meus minha minhas muito na não
        nas nem no nos nós nossa nossas nosso nossos num numa os ou para pela pelas pelo pelos por
        qual quando que quem são se sem ser seu seus só sua suas também te tem têm ter teu tu tua
        um uma uns umas você vocês
    """,
    "italian": """
        ad ai al all alla alle allo agli anche avere che chi ci coi col come con contro cui da dal
        dall dalla dalle dai dagli dallo degli dei del dell della delle dello di dove ed egli era
        erano essere fra gli ha hanno ho il in io la le lei li lo loro lui ma me mi mia mie miei
        mio ne nei nel nell nella nelle negli nello noi non nostra nostre nostri nostro per perché
        però più quale quando quell quella quelle quelli quello quest questa queste questi questo
        se sei si sia siamo sono sta su sua sue sugli sui sul sull sulla sulle suo suoi te ti tra
        tu tua tue tuo tuoi tutti tutto un una uno vi voi vostra vostri vostro
    """,
}  # fmt: skip
STOP_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
LANGUAGES = ("english", *STOP_WORDS)


def stop_word_list(stop_words: str | Iterable[str] | None) -> list[str]:
    """Makes the list of words to leave out.

    Args:
        stop_words: A language, languages, words (in capitals or small letters), or `None` for
            no words. Languages are english (scikit-learn's list), german, french, spanish,
            dutch, portuguese and italian (short lists of function words). Lists of several
            languages are joined: the German "hat" (has) takes the English hat along.

    Returns:
        Sorted list of words in small letters.

    Raises:
        ValueError: A language is not among these, or languages and words are mixed.

    Example:

    >>> stop_word_list(["The", "of", "the"])
    ['of', 'the']
    >>> "für" in stop_word_list(["english", "german"])
    True
    """
    if stop_words is None:
        return []
    if isinstance(stop_words, str):
        if stop_words not in LANGUAGES:
            raise ValueError(
                f"`stop_words` must be a language of {LANGUAGES}, a list of these, a list of "
                f"words, or None. Received: {stop_words!r}. Put a single word into a list."
            )
        stop_words = [stop_words]
    words = list(stop_words)
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"`stop_words` must be strings. Received: {words}.")
    languages = [word for word in words if word in LANGUAGES]
    if not languages:
        return sorted({word.lower() for word in words})
    if len(languages) < len(words):
        raise ValueError(
            "`stop_words` must be languages or words, not both. "
            f"Received: the languages {languages} among {len(words)} entries. "
            "Join the lists of `stop_word_list` with your own words."
        )
    return sorted(frozenset().union(*(_words_of(language) for language in languages)))


def _words_of(language: str) -> frozenset[str]:
    if language == "english":
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        return ENGLISH_STOP_WORDS
    return STOP_WORDS[language]
