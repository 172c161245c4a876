"""The table that compares the results of recipes on several backends."""

from experiments.report.systems import BACKEND_NAMES
from experiments.report.tables import HONEST, SPREAD, cell, escaped, markdown_table

GUIDE = """\
Mean ± standard deviation (number of runs). Each backend starts from its own random
weights, so backends differ by chance, as seeds do."""


def backends_part(contents, by_backend):
    """The section that compares backends; "" if no recipe ran on two.

    Args:
        contents: of the corpus.
        by_backend: data frames with a row for each recipe and backend.
    """
    cells = {}
    for table in by_backend:
        for row in table.to_dict("records"):
            if row["n"]:
                cells[row["recipe"], row["backend"]] = row
    found = {backend for _, backend in cells}
    known = [name for name in BACKEND_NAMES if name in found]
    backends = [*known, *sorted(found - {*known})]
    names = [
        name
        for name in contents.recipes
        if sum((name, backend) in cells for backend in backends) > 1
    ]
    if not names:
        return ""
    heads = [BACKEND_NAMES.get(name, escaped(name)) for name in backends]
    header = ["system", *(f"BLEU {h}" for h in heads), *(f"loss {h}" for h in heads)]
    rows = [
        [
            escaped(name),
            *(_cell(cells.get((name, backend)), "bleu", 2) for backend in backends),
            *(_cell(cells.get((name, backend)), HONEST, 3) for backend in backends),
        ]
        for name in names
    ]
    return f"## Backends\n\n{GUIDE}\n\n{markdown_table(header, rows)}"


def _cell(row, measure, decimals):
    if row is None:
        return ""
    text = cell(row[measure], row[measure + SPREAD], decimals)
    return f"{text} ({row['n']})" if row["n"] > 1 else text
