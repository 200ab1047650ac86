"""The command line: ``vox`` serves, ``vox config`` shows every setting.

Each setting of ``app.settings`` is an option of ``serve``, made from its field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from app.settings import SettingError, Settings, option_name, variable_name
from app.settings_store import IN_FILE, SettingsStore

F = TypeVar("F", bound=Callable[..., Any])

#: Characters of a value that `vox config` shows.
WIDEST = 60


def _setting_options(command: F) -> F:
    """An option for each setting; one that is not given is None, so that its variable counts."""
    for setting in reversed(dataclasses.fields(Settings)):
        command = click.option(*_option_names(setting), setting.name, **_option_traits(setting))(command)
    return command


def _option_names(setting: dataclasses.Field[Any]) -> tuple[str, ...]:
    name = option_name(setting.name)
    return (f"{name}/--no-{name[2:]}",) if setting.type == "bool" else (name,)


def _option_traits(setting: dataclasses.Field[Any]) -> dict[str, Any]:
    help_text = f"{setting.metadata['meaning']} [{variable_name(setting.name)}"
    if setting.default not in (dataclasses.MISSING, ""):
        help_text += f", {str(setting.default).lower()}"
    traits: dict[str, Any] = {"default": None, "help": help_text + "]"}
    if setting.metadata["choices"]:
        traits["type"] = click.Choice(setting.metadata["choices"])
    elif setting.type != "bool":
        traits["type"] = str
        traits["metavar"] = {"int": "NUMBER", "float": "NUMBER", "Path": "FOLDER"}.get(
            str(setting.type), "TEXT"
        )
    return traits


class _ServeByDefault(click.Group):
    """``vox --port 80`` is ``vox serve --port 80``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help", "--version"):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ServeByDefault)
@click.version_option(package_name="vox", prog_name="vox")
def main() -> None:
    """Talk with your own machine: a voice conversation in a browser tab.

    Without a command, vox serves. `vox serve --help` explains every setting.
    """


@main.command()
@_setting_options
@click.option("--server", type=click.Choice(["gunicorn", "werkzeug"]), envvar="VOX_SERVER", hidden=True)
def serve(server: Any, **options: Any) -> None:
    """Serve the page, the API and the socket. Ctrl-C ends it."""
    from app import serving
    from app.serving import listening, logs
    from app.web.security import with_token

    settings = with_token(_settings(options))
    try:
        listener = listening.listen(settings.host, settings.port)
    except listening.ListenError as problem:
        raise click.ClickException(str(problem)) from None
    settings = dataclasses.replace(settings, port=listener.getsockname()[1])
    address = listening.address_of(listener, settings.host)
    logs.set_up(settings)
    if settings.allowed_hosts and not settings.token:
        click.echo(
            "Note: names in VOX_ALLOWED_HOSTS are answered without a token. Unless what stands in front "
            "of VOX asks who is there, set VOX_TOKEN too.",
            err=True,
        )

    def say_ready() -> None:
        link = f"{address}/?token={quote(settings.token, safe='')}" if settings.token else address
        click.echo(f"VOX is ready at {link} (Ctrl-C ends it)")

    serving.serve(settings, listener, say_ready, server or serving.DEFAULT_SERVER)


@main.command()
@_setting_options
def config(**options: Any) -> None:
    """Show every setting, its value and where it comes from."""
    store = SettingsStore(_settings(options))
    sources = store.sources()
    rows = [
        (setting.name, _shown(setting, getattr(store.current, setting.name)), sources[setting.name])
        for setting in dataclasses.fields(Settings)
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        told = str(store.path) if source == IN_FILE else source
        click.echo(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {told}")
    for problem in store.problems:
        click.echo(f"Note: {problem}", err=True)


def _settings(options: dict[str, Any]) -> Settings:
    try:
        return Settings.from_environment(**options)
    except SettingError as problem:
        raise click.ClickException(str(problem)) from None


def _shown(setting: dataclasses.Field[Any], value: Any) -> str:
    """A setting's value on one line; a secret is not shown, nor the whole of a long text."""
    if setting.metadata["secret"] and value:
        return "(hidden)"
    text = " ".join(str(value).split())
    return (text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…") or "(empty)"
