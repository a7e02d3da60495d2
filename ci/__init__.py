"""Builds the book: executes the chapters, renders them, checks the site."""


class BookError(Exception):
    """What stops a build; its text is written for the person at the terminal."""
