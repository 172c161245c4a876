"""A translation server: the LibreTranslate API, and a page to try it.

    settings  refusals               limits, and errors that a client sees
    pairs  served  catalog           which system translates which pair of languages
    sentences  markup  layout        text -> sentences -> text with its breaks and tags
    batching                         requests that wait become the next batch
    bodies  requests  answers        HTTP body -> checked request -> answer
    app  http  metrics  openapi      routes, the server process, what it tells of itself
    page.html                        the page at `/`

The interface is written after its public documentation, docs.libretranslate.com.
"""
