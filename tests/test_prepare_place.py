"""Where `keras-nmt prepare --out` writes: never over what somebody else wrote."""

import pytest

from keras_nmt.__main__ import main

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize("restart", [(), ("--restart",)])
def test_the_text_itself_is_no_place_to_prepare(capsys, tmp_path, restart):
    """Whatever its files are called."""
    for part in ("train", "val", "test"):
        for x in ("source", "target"):
            (tmp_path / f"{part}.{x}").write_text("a b\n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    words = ("--recipe", "transformer", "--corpus", tmp_path, "--out", tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["prepare", *map(str, words), *restart])
    line = capsys.readouterr().err
    assert ended.value.code == 2
    assert line.count("\n") == 1
    assert f"{tmp_path}: holds {tmp_path}/" in line
    assert "which is read; name another folder by --out" in line
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
