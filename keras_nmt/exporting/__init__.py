"""Exports of trained translators that other engines run without this library."""
