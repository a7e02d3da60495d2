"""The command line behind the Makefile: ``python -m ci.build COMMAND [chapter ...] [options]``.

book      execute the chapters that are out of date, render the site, check it, put it in place
chapter   execute the named chapters, out of date or not
execute   execute the chapters that are out of date, render nothing
evidence  the same with record=true, for the chapters that record evidence
preview   render at once what has been executed so far
check     check the built site and the changes of claims
baseline  make the present verdicts those that later builds must keep
"""

import argparse
import signal
import sys
from pathlib import Path

import yaml

from ci import BookError, chapters, keys
from ci.execute import PROFILES, execute

ONLY_EXECUTE = ("chapter", "execute", "evidence")


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m ci.build", description=__doc__, formatter_class=style)
    parser.add_argument("command", choices=[line.split()[0] for line in __doc__.splitlines()[2:]])
    parser.add_argument("chapters", nargs="*", help="names of chapters; none means all")
    parser.add_argument("--profile", default="laptop")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other parameters")
    parser.add_argument("--root", type=lambda path: Path(path).resolve(), default=Path.cwd())
    parser.add_argument("--build", type=lambda path: Path(path).resolve(), help="for execute: another _build")
    return parser.parse_args(words)


def run_chapters(given: argparse.Namespace, build: Path, overrides: dict) -> None:
    """Execute the named chapters or all: those out of date, or every one for the command ``chapter``."""
    known = chapters.discover(given.root)
    if unknown := [name for name in given.chapters if name not in known]:
        raise BookError(f"unknown chapter {', '.join(unknown)}; the chapters are: {', '.join(known)}")
    if given.command == "chapter" and not given.chapters:
        raise BookError(f"no chapter is named (make chapter CH=...); the chapters are: {', '.join(known)}")
    wanted = [known[name] for name in given.chapters or known]
    if given.command == "evidence":
        wanted = [c for c in wanted if "record" in chapters.defaults(chapters.read(given.root, c), c)]
    folder = keys.store(build, overrides)
    todo = [c for c in wanted if given.command == "chapter" or keys.stale(given.root, c, overrides, folder)]
    if len(todo) < len(wanted):
        print(f"{len(wanted) - len(todo)} of {len(wanted)} chapters are up to date")
    if failures := execute(given.root, build, todo, overrides) if todo else []:
        raise BookError("\n\n".join(["these chapters failed:", *failures]))
    if given.command == "chapter":
        print(*(folder / f"{chapter.name}.ipynb" for chapter in wanted), sep="\n")


def main(words: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    given = arguments(words)
    build = given.build or given.root / "_build"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended from outside is like Ctrl-C
    try:
        if given.profile not in PROFILES:
            raise BookError(f"unknown profile {given.profile!r}; the profiles are: {', '.join(PROFILES)}")
        pairs = dict(pair.partition("=")[::2] for pair in given.set)
        overrides = {"profile": given.profile, **{name: yaml.safe_load(pairs[name]) for name in pairs}}
        overrides |= {"record": True} if given.command == "evidence" else {}
        if given.command in ("book", *ONLY_EXECUTE):
            run_chapters(given, build, overrides)
        if given.command not in ONLY_EXECUTE:
            from ci import render  # the library and Sphinx, which chapters run without

            print(getattr(render, given.command)(given.root, build, overrides))
    except BookError as error:
        print(f"\n{given.command} stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: finished chapters are kept, the next build goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
