"""Faults of others that this library works around: still there, and not in ours."""

import keras
import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.layers.embedding import TokenEmbedding
from keras_nmt.text.batching import TranslationBatches
from tests import checks
from tests.checks import is_tensorflow
from tests.upstream import adam_repeated_tokens, weight_read_after_update


def test_keras_adam_errs_on_repeated_tokens_with_tensorflow_alone():
    """If this fails, Keras is mended, and `TokenEmbedding` may be simpler."""
    found, formula = adam_repeated_tokens.second_moments()
    assert np.isclose(found, formula, rtol=1e-4) != is_tensorflow()


@pytest.mark.parametrize("optimizer", ["keras", "ours"])
def test_our_embedding_does_not_lead_to_it(optimizer, monkeypatch):
    monkeypatch.setattr(adam_repeated_tokens.keras.layers, "Embedding", TokenEmbedding)
    if optimizer == "ours":
        adam = adam_repeated_tokens.keras.optimizers
        monkeypatch.setattr(adam, "Adam", kernels.Adam)
    found, formula = adam_repeated_tokens.second_moments()
    np.testing.assert_allclose(found, formula, rtol=1e-4)


def test_only_tensorflow_reads_a_weight_after_its_update():
    """There, how often is up to chance, and may be never."""
    assert is_tensorflow() or not weight_read_after_update.wrong_steps(20)


@pytest.mark.skipif(
    not is_tensorflow(),
    reason="the fault is in TensorFlow's graphs; the others have none",
)
@pytest.mark.parametrize("name", checks.SYSTEMS)
def test_no_weight_of_ours_can_be_read_after_its_update(name):
    """Every read leads to the update of the same weight by data, not control alone."""
    tf = pytest.importorskip("tensorflow")
    model = checks.SYSTEMS[name]()
    model.build()
    model.compile(kernels.Adam(), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    batch, *_ = TranslationBatches(checks.pairs(4), 4, [(7, 7)])
    train_step = tf.function(lambda *data: model.train_step(data))
    graph = train_step.get_concrete_function(*batch).graph
    updates = [op for op in graph.get_operations() if op.type == "ResourceApplyAdam"]
    needed = {update.inputs[0].name: needed_for(update) for update in updates}
    assert len(needed) == len(model.trainable_variables)
    for read in set().union(*needed.values()):
        weight = read.inputs[0].name if read.type == "ReadVariableOp" else None
        assert weight not in needed or read in needed[weight], read.name


def needed_for(operation):
    """The operations whose outputs it waits for, were every IdentityN taken apart."""
    tensors, found = list(operation.inputs), set()
    while tensors:
        tensor = tensors.pop()
        if tensor.op.type == "IdentityN":
            tensors.append(tensor.op.inputs[tensor.value_index])
        elif tensor.op not in found:
            found.add(tensor.op)
            tensors += tensor.op.inputs
    return found


# === Names that are not public, where there is no public one ===


@pytest.mark.skipif(kernels.BACKEND != "torch", reason="replaced on torch alone")
def test_keras_updates_torchs_weights_by_the_method_that_ours_replaces(monkeypatch):
    weight = keras.Variable(np.ones(2, "float32"))
    optimizer = kernels.Adam()
    optimizer.build([weight])
    assert optimizer._get_variable_index(weight) == 0
    assert len(optimizer._momentums) == len(optimizer._velocities) == 1
    calls = []
    monkeypatch.setattr(
        optimizer, "_backend_update_step", lambda *given: calls.append(given)
    )
    optimizer.apply([weight.value.detach()], [weight])
    assert len(calls) == 1


@pytest.mark.skipif(kernels.BACKEND != "jax", reason="replaced on JAX alone")
def test_jax_computes_loss_and_updates_by_the_method_that_ours_replaces(monkeypatch):
    """By another one, Keras would call the model before it asks for the loss."""
    model = checks.encoder_only()
    model.build()
    model.compile(kernels.Adam(), jit_compile=False)
    batch, *_ = TranslationBatches(checks.pairs(4), 4, [(7, 7)])
    ours, calls = model.compute_loss_and_updates, []

    def counted(*given, **named):
        calls.append(given)
        return ours(*given, **named)

    monkeypatch.setattr(model, "compute_loss_and_updates", counted)
    model.train_on_batch(*batch)
    assert len(calls) == 1


@pytest.mark.skipif(kernels.BACKEND != "torch", reason="used on torch alone")
def test_torch_has_the_product_by_onednn():
    """Without it training on processors that are not Intel's takes twice the time."""
    torch = pytest.importorskip("torch")
    if not torch.backends.mkldnn.is_available():
        pytest.skip("torch was built without oneDNN")
    x, kernel = torch.ones(2, 3), torch.ones(4, 3)
    found = torch.ops.mkldnn._linear_pointwise(x, kernel, None, "none", [], "")
    assert found.tolist() == [[3.0] * 4] * 2
