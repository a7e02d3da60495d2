"""The profiles a chapter can run in, and its one table of settings."""

from types import SimpleNamespace

from renorm.report.output import emit

PROFILES = ("smoke", "laptop", "gpu")


def check_profile(profile: str) -> str:
    """Return ``profile`` if it is one of the three.

    Raises:
        ValueError: if it is not, naming those allowed.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile is {profile!r}; allowed are {', '.join(PROFILES)}")
    return profile


def settings(profile: str, *, smoke: dict, laptop: dict, gpu: dict | None = None) -> SimpleNamespace:
    """The settings of ``profile``, shown as a table beside those of the other profiles.

    Args:
        profile: ``smoke`` (a quick look, never a verdict), ``laptop`` or ``gpu`` (the paper's scale).
        smoke: what ``smoke`` changes of ``laptop``.
        laptop: every setting of the chapter.
        gpu: what ``gpu`` changes of ``laptop``; by default nothing.

    Returns:
        A namespace with one attribute a setting.

    Raises:
        ValueError: if ``profile`` is unknown, or ``smoke`` or ``gpu`` holds a setting that ``laptop`` lacks.

    Example:
        >>> settings("gpu", smoke=dict(draws=2), laptop=dict(draws=50), gpu=dict(draws=400)).draws
        settings for profile gpu: draws = 400
        400
    """
    check_profile(profile)
    table = {"smoke": {**laptop, **smoke}, "laptop": dict(laptop), "gpu": {**laptop, **(gpu or {})}}
    for name, values in table.items():
        if unknown := sorted(values.keys() - laptop.keys()):
            raise ValueError(
                f"{name} sets {', '.join(unknown)}, which laptop lacks; allowed are {', '.join(laptop)}: "
                "give each setting its laptop value"
            )
    chosen = table[profile]
    text = ", ".join(f"{key} = {value}" for key, value in chosen.items())
    emit({"text/html": _html(table, profile), "text/plain": f"settings for profile {profile}: {text}"})
    return SimpleNamespace(**chosen)


def _html(table: dict[str, dict], profile: str) -> str:
    """A row a setting and a column a profile; the chosen one is bold and named in the caption."""

    def row(title, entries, tag):
        cells = (f"<b>{entries[name]}</b>" if name == profile else entries[name] for name in PROFILES)
        return f"<tr><th>{title}</th>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"

    head = row("setting", {name: name for name in PROFILES}, "th")
    body = "".join(row(key, {name: table[name][key] for name in PROFILES}, "td") for key in table[profile])
    return (
        f'<table class="table"><caption>Settings; this run: {profile}</caption>'
        f"<thead>{head}</thead><tbody>{body}</tbody></table>"
    )
