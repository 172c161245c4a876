"""Readers of parallel text: one file a format, each a generator of `Pair`s.

    two_files.py    line n of one file translates line n of the other
    table.py        columns of a CSV or tab-separated file; table_form.py opens it
    json_lines.py   keys of a JSON object a line
    tmx.py          translation memories; tmx_units.py reads their units

A reader can be iterated again and again and holds one pair at a time. `opening.py`
chooses it by the name of the file.
"""
