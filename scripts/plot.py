"""Draws docs/start.svg, memory.svg and scale.svg from the tables of docs/performance.md. `make bench` calls it. The title
of each says what to see."""

import pathlib
import re
import sys

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

docs = pathlib.Path(sys.argv[1])
plt.rcParams.update({
    "svg.hashsalt": "xdr-action-status", "svg.fonttype": "none", "font.size": 9, "axes.titlesize": 10,
    "axes.spines.top": False, "axes.spines.right": False, "figure.autolayout": True,
})


def tables():
    """The tables by heading: rows by name, and in a row the numbers by the column's title."""
    found = {}
    for part in re.findall(r"^### [^#<]+", (docs / "performance.md").read_text(), flags=re.M):
        heading, *lines = part.splitlines()
        columns, _, *rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
        found[heading.removeprefix("### ")] = {
            name: {title: float(cell) for title, cell in zip(columns, cells) if cell != "–"}
            for name, *cells in rows
        }
    return found


def save(figure, name):
    figure.savefig(docs / name, metadata={"Date": None})


def logarithmic(*sides):
    for side in sides:
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        side.set_minor_formatter(NullFormatter())


def bars(name, rows, column, title, scale="linear"):
    values = dict(sorted(((label, row[column]) for label, row in rows.items()), key=lambda bar: -bar[1]))
    figure, axis = plt.subplots(figsize=(9, 3))
    colors = ["tab:blue" if label.startswith("this step") else "lightgray" for label in values]
    drawn = axis.barh(list(values), list(values.values()), color=colors)
    axis.bar_label(drawn, [f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in values.values()], padding=2)
    axis.margins(x=0.12)
    axis.set(xscale=scale, xlabel=column, title=title)
    if scale == "log":
        axis.set_xlabel(f"{column}, logarithmic")
        logarithmic(axis.xaxis)
    save(figure, name)


def scale(rows):
    figure, axis = plt.subplots(figsize=(9, 3.5))
    waits = [float(name.replace(",", "")) for name in rows]
    for column, style in [("p90, s", "o-"), ("p90 without reserved concurrency, s", "s--"), ("bound, s", "k:")]:
        axis.plot(waits, [row[column] for row in rows.values()], style, label=column)
    axis.set(xscale="log", yscale="log", xlabel="waits that begin within a minute, logarithmic", ylabel="lag, logarithmic",
             title="10,000 waits end little later than ten requests a second allow; 1,000 end within four minutes")
    logarithmic(axis.xaxis, axis.yaxis)
    axis.legend(frameon=False)
    save(figure, "scale.svg")


found = tables()
column = "init + first check × hello"
takes = {name: f"{row[column]:.1f} ×" for name, row in found["Cold start"].items()}
bars("start.svg", found["Cold start"], column,
     f"A start with its first check takes {takes['this step']} hello, which makes none; "
     f"the same by hand {takes['hand-made, usual roots']}, the naive way {takes['naive Go']}", "log")
bars("memory.svg", found["Warm checks"], "peak MB, 100,000 endpoints",
     "Memory does not grow with the endpoints: 100,000 of them take little more than hello")
scale(found["Many waits"])
