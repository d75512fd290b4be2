"""`python -m guandian` is the `guandian` command."""

from guandian.cli.main import main

if __name__ == "__main__":
    main()
