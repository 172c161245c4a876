"""Files of a run that are torn, altered, hostile, or for which there is no room."""

import contextlib
import functools
import hashlib
import json
import resource
import shutil

import h5py
import numpy as np

import keras_nmt
from keras_nmt import TextProcessor, TrainedTranslator, TransformerTranslator
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.run import translator_file
from keras_nmt.run.checkpoints import TRANSLATOR, WEIGHTS
from keras_nmt.run.runs import CHECKPOINTS
from keras_nmt.specials import SPECIALS
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary
from keras_nmt.training.states import States
from keras_nmt.training.weights import MARK, load_weights, save_weights

# === Damage ===


def cut(content, generator):
    return content[: generator.integers(len(content))]


def flip(content, generator):
    content = bytearray(content)
    content[generator.integers(len(content))] ^= 1 << generator.integers(8)
    return bytes(content)


def state(folder, how, seed):
    """Whether a damaged newest state gives way to the one before, in words."""
    states = states_of_two_epochs(folder)
    generator = np.random.default_rng(seed)
    states.newest.write_bytes(how(states.newest.read_bytes(), generator))
    meta, _, complaint = states.load()
    return meta["epoch"] == 1 and bool(complaint)


def states_of_two_epochs(folder):
    states = States(folder, {})
    for epoch in (1, 2):
        states.save({"epoch": epoch}, [np.arange(1000.0) * epoch])
    return states


def run(folder, name, how, seed):
    """Whether a run with a damaged file of its checkpoints is refused by its name."""
    path = whole_run(folder) / name
    whole = path.read_bytes()
    path.write_bytes(how(whole, np.random.default_rng(seed)))
    try:
        return refused(folder, path)
    finally:
        path.write_bytes(whole)


def refused(folder, path):
    """Whether `load` tells the file in at most two lines."""
    try:
        keras_nmt.load(folder)
    except InputError as error:
        return str(path) in str(error) and str(error).count("\n") < 2
    return False


@functools.cache
def whole_run(folder):
    """The checkpoints of an untrained run."""
    words = Vocabulary([*SPECIALS, "\n", "ja", "yes"])
    source, target = (
        TextProcessor(WordTokenizer(language), words) for language in ("de", "en")
    )
    model = TransformerTranslator(len(words), len(words), 8, 2, 8, 1, 1, 8)
    model.build()
    translator = TrainedTranslator(model, source, target)
    translator_file.save(folder, translator)
    owner = translator_file.digest(translator)
    save_weights(model, folder / CHECKPOINTS / WEIGHTS, owner)
    return folder / CHECKPOINTS


# === Malice ===


def hostile(folder, case):
    """Whether a run is refused whose files agree with their checksums and mean harm."""
    checkpoints = whole_run(folder)
    kept = {name: (checkpoints / name).read_bytes() for name in (TRANSLATOR, WEIGHTS)}
    name, harm = HOSTILE[case]
    harm(checkpoints / name)
    try:
        return refused(folder, checkpoints / name)
    finally:
        for name, content in kept.items():
            (checkpoints / name).write_bytes(content)


def _signed(change):
    def harm(path):
        content = json.loads(path.read_text("utf-8"))
        change(content)
        del content["sha256"]
        path.write_text(json.dumps(content), "utf-8")

    return harm


def _enlarged(content):
    content["config"]["intermediate_dim"] = 1 << 40


def _other_words(content):
    content["source"]["vocabulary"]["tokens"][-1] = "nein"


def _program(content):
    content["config"]["dtype"] = {
        "module": "os",
        "class_name": "system",
        "config": {"command": "true"},
        "registered_name": "system",
    }


def _pickled(content):
    content["config"]["dtype"] = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"function": {"class_name": "__lambda__", "config": {"code": "4w"}}},
        "registered_name": None,
    }


def _h5(change):
    def harm(path):
        with h5py.File(path, "r+") as file:
            name = _first_array(file)
            shape, dtype = file[name].shape, file[name].dtype
            del file[name]
            change(file, name, shape, dtype)
        body = path.read_bytes()
        path.write_bytes(body + MARK + hashlib.sha256(body).hexdigest().encode())

    return harm


def _first_array(file):
    names = []
    file.visititems(
        lambda name, item: names.append(name) if hasattr(item, "dtype") else None
    )
    return names[0]


def _huge(file, name, shape, dtype):
    file.create_dataset(name, (1 << 33,), dtype, chunks=(1 << 10,))


def _external(file, name, shape, dtype):
    file.create_dataset(name, shape, dtype, external=[("/etc/passwd", 0, 1 << 20)])


def _linked(file, name, shape, dtype):
    file[name] = h5py.ExternalLink("/etc/hosts", "/a")


def _text(file, name, shape, dtype):
    file.create_dataset(name, shape, h5py.string_dtype())


HOSTILE = {
    "a model of a terabyte": (TRANSLATOR, _signed(_enlarged)),
    "a program in place of a dtype": (TRANSLATOR, _signed(_program)),
    "a pickled function": (TRANSLATOR, _signed(_pickled)),
    "an array of a terabyte": (WEIGHTS, _h5(_huge)),
    "an array in another file": (WEIGHTS, _h5(_external)),
    "a link to another file": (WEIGHTS, _h5(_linked)),
    "text for numbers": (WEIGHTS, _h5(_text)),
    "an archive": (WEIGHTS, lambda path: path.write_bytes(b"PK\x03\x04" + bytes(99))),
}

# === Room ===


@contextlib.contextmanager
def room_for(size):
    """No file may grow above so many bytes: a full disk, without filling one."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def full_for_state(folder, tenth):
    """Whether a disk that is full after some tenths of a state leaves the newest."""
    states = states_of_two_epochs(folder)
    with room_for(states.newest.stat().st_size * tenth // 10):
        try:
            states.save({"epoch": 3}, [np.zeros(1000)])
        except InputError:
            return states.load()[0]["epoch"] == 2
    return False


def full_for_weights(folder, tenth):
    """The same of weights: those that were there can be loaded."""
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / CHECKPOINTS / WEIGHTS
    whole_run.__wrapped__(folder)
    model = keras_nmt.load(folder).model
    before = path.read_bytes()
    with room_for(len(before) * tenth // 10):
        try:
            save_weights(model, path)
        except InputError:
            load_weights(model, path)
            return path.read_bytes() == before
    return False


def full_for_table(folder, tenth):
    """The same of epochs.csv, scores.json and all other files of a run."""
    path = write_whole(folder / "epochs.csv", "epoch,loss\n" * 100)
    before = path.read_bytes()
    with room_for(len(before) * tenth // 10):
        try:
            write_whole(path, before + b"new")
        except InputError:
            left = [file.name for file in folder.iterdir()]
            return (path.read_bytes(), left) == (before, [path.name])
    return False
