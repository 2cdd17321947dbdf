"""`python -m app.cli.telephone`: have an Asterisk at hand (fetch it where that is possible), and say which."""

import sys

from app.cli.telephone.obtain import Missing, obtain


def main() -> int:
    try:
        home = obtain()
    except Missing as missing:
        print(f"citydesk: {missing}", file=sys.stderr)
        return 1
    print(f"Asterisk {home.version} ({home.root or 'of this machine'})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
