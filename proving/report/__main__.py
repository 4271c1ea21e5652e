"""`python -m proving.report REPORT PAGE`: put a report into a page, between its two marks."""

import sys
from pathlib import Path

#: The page keeps what stands before and after.
BEGIN, END = "<!-- the last report begins -->", "<!-- the last report ends -->"


def main(arguments: list[str]) -> int:
    """Write the page anew; 2 when it cannot be done."""
    if len(arguments) != 2:  # noqa: PLR2004 - a report and a page
        sys.stderr.write("usage: python -m proving.report REPORT PAGE\n")
        return 2
    report, page = map(Path, arguments)
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.stderr.write(f"{page} has no place for a report\n")
        return 2
    # Its title becomes the page's second level.
    body = report.read_text("utf-8").replace("# ", "## ", 1)
    page.write_text(f"{before}{BEGIN}\n\n{body}\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
