"""What the layers of a network hold, measured as in Raghu et al. 2021.

similarity.py      linear CKA of layers, over minibatches
attention.py       how far heads look, and how different they are
skips.py           how much goes past a sublayer
probes.py          what a linear map reads from a layer
layer_outputs.py   outputs of our translators' layers, skip connections and heads
images.py          a small ViT and a small CNN on the digits of scikit-learn
digits.py          trains both, measures them and draws heatmaps
sentences.py       sentences as a translator reads them
translators.py     CKA between the layers of runs
measures.py        all measures of a network, as numbers
skip_effects.py    the last layer of a translator without one skip connection
heatmaps.py        the figures

"Do Vision Transformers See Like Convolutional Neural Networks?", NeurIPS 2021. The
first four are pure functions over NumPy arrays.
"""
