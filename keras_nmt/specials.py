"""The ids that every vocabulary begins with, known to data and models alike."""

UNK, PAD, SOS, EOS = 0, 1, 2, 3
SPECIALS = ("<unk>", "<pad>", "<sos>", "<eos>")
