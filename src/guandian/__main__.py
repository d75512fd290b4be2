"""`python -m guandian` is the `guandian` command."""

import sys


def main() -> None:
    """Run the command; Ctrl-C while its parts are being loaded is told too."""
    try:
        from guandian.cli.main import main as command

        command()
    except KeyboardInterrupt:
        from guandian.cli.console.signals import status
        from guandian.wording import say

        told = say("中断；什么也没有保留", "interrupted; nothing is kept")
        print(f"guandian: {told}", file=sys.stderr)  # noqa: T201  no console is loaded yet
        sys.exit(status(130))


if __name__ == "__main__":
    main()
