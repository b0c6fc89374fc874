"""The baselines of every report, by the names that tables give them."""

from keras_sessrec import baselines

BASELINES = {
    "POP": baselines.Popularity,
    "S-POP": baselines.SessionPopularity,
    "Item-KNN": baselines.ItemKNN,
    "VS-kNN": baselines.SessionKNN,
    "first-order Markov": baselines.MarkovChain,
    "BPR-MF": baselines.BPRMF,
}
