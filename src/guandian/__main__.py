"""`python -m guandian` is the `guandian` command."""

import sys

from guandian.cli.console.signals import own_process, settle, settled, status


def main() -> None:
    """Run the command; Ctrl-C while its parts are being loaded is told too."""
    own_process()
    try:
        from guandian.cli.main import main as command

        command()
    except KeyboardInterrupt:
        settle()
        from guandian.wording import say

        words = say("interrupted before it began; nothing was changed")
        print(f"guandian: {words}", file=sys.stderr)  # noqa: T201  no console is loaded yet
        settled()
        sys.exit(status(130))
    finally:
        # Where Ctrl-C fell into code that a library made from text, Python would end by the
        # signal, whatever the exit code: any other such code lets it forget that.
        exec("")  # noqa: S102


if __name__ == "__main__":
    main()
