"""What moved between two releases, and why: code, prices, sources or settings.

python examples/compare_two_releases.py OLD NEW
"""

import sys

from publishing.releasing.diff import diff_releases


def main(old: str, new: str) -> int:
    """Tell the difference of two releases (folders), ranked GeoPackages or shortlists; 1 where there is one."""
    difference = diff_releases(old, new)
    if difference.is_empty:
        print("nothing moved")
        return 0
    print(difference.text(most=10))
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
