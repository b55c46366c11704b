"""The part of CloudWatch's filter patterns that the template uses: { $.a.b = "x" && $.c > 0 && $.d[0] = "*" }."""

import operator
import re

OPERATORS = {"=": operator.eq, "!=": operator.ne, ">": operator.gt}
TERM = re.compile(r'^\$\.([\w.\[\]]+) (=|!=|>) ("?)([^"]*)\3$')


def select(selector, line):
    """What a selector such as $.endpoints.pending or $.unknown_statuses[0] finds in a line, or None."""
    for name, _, index in re.findall(r"(\w+)(\[(\d+)\])?", selector.removeprefix("$.")):
        line = line.get(name) if isinstance(line, dict) else None
        if index:
            line = line[int(index)] if isinstance(line, list) and len(line) > int(index) else None
    return line


def matches(pattern, line):
    """Whether a log line, decoded, matches a pattern. A pattern that is not understood is an error."""
    terms = pattern.strip().removeprefix("{").removesuffix("}").split("&&")
    return all(_holds(term.strip(), line) for term in terms)


def _holds(term, line):
    found = TERM.match(term)
    if not found:
        raise ValueError(term)
    selector, op, quote, want = found.groups()
    value = select(selector, line)
    if quote and want == "*":
        return isinstance(value, str)
    return value is not None and OPERATORS[op](value, want if quote else float(want))
