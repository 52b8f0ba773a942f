"""The command `cellkernel`: the same commands as the npm package's."""

import sys

from cellkernel.node import start


def main():
    start("src/cli/main.js", sys.argv[1:])


if __name__ == "__main__":
    main()
