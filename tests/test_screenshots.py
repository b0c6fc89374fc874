"""Pictures of TensorBoard are taken, and each shows more than an empty page."""

import pytest

import screenshots
from harness.browser import BINARY, WHY_NOT


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None, reason=WHY_NOT)
def test_pictures_of_both_examples(tmp_path):
    names = {"inspect_training", "tune"}
    logs = {name: screenshots.trained(name, tmp_path) for name in names}
    written = screenshots.take(tmp_path / "pictures", logs)
    assert [path.stem for path in written] == [shot.name for shot in screenshots.SHOTS]
    assert len({path.read_bytes() for path in written}) == len(written)
    # The pages' head is orange; below it there must be something in colour too.
    for path in written:
        assert screenshots.num_coloured(path, top=70, bottom=1000, left=0, right=1500) > 100


def test_every_picture_is_of_an_example():
    for shot in screenshots.SHOTS:
        assert (screenshots.EXAMPLES / f"{shot.example}.py").is_file()
