"""Draws docs/cold-start.svg and docs/schedule.svg from the tables of docs/performance.md. `make bench` calls it."""

import pathlib
import re
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import matplotlib.ticker

docs = pathlib.Path(sys.argv[1])
plain = matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:,g}")
plt.rcParams.update({
    "svg.hashsalt": "xdr-action-status", "svg.fonttype": "none", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False,
})


def tables():
    """The tables by heading: rows by name, and in a row the numbers by the column's title."""
    found = {}
    page = (docs / "performance.md").read_text()
    for part in re.findall(r"^### [^#<]+", page, flags=re.M):
        heading, *lines = part.splitlines()
        columns, _, *rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
        found[heading.removeprefix("### ")] = {
            name: {title: float(cell) for title, cell in zip(columns, cells) if cell != "–"}
            for name, *cells in rows
        }
    return found


def save(figure, name):
    figure.tight_layout()
    figure.savefig(docs / name, metadata={"Date": None})
    plt.close(figure)


def bars(axis, rows, column):
    rows = {name: row[column] for name, row in rows.items() if column in row}
    colors = ["tab:blue" if name.startswith("this step") else "lightgray" for name in rows]
    drawn = axis.barh(list(rows), list(rows.values()), color=colors)
    axis.bar_label(drawn, [f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in rows.values()], padding=2)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(plain)
    axis.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axis.set_xlim(min(rows.values()) / 1.5, max(rows.values()) * 3)
    axis.set_title(column)


def cold_start(found):
    cold, warm = found["Cold start"], found["Warm checks"]
    by_time = sorted(cold, key=lambda name: -cold[name]["init + first check × hello"])
    figure, axes = plt.subplots(2, 2, figsize=(11, 5), sharey=True)
    for axis, table, column in [
        (axes[0][0], cold, "init + first check × hello"),
        (axes[0][1], cold, "init + first check at 128 MB × this step"),
        (axes[1][0], cold, "page faults in init"),
        (axes[1][1], warm, "peak MB, 100,000 endpoints"),
    ]:
        bars(axis, {name: table[name] for name in by_time}, column)
    save(figure, "cold-start.svg")


def schedule(found):
    mixes = {heading: rows for heading, rows in found.items() if heading.startswith("Schedule: ")}
    figure, axes = plt.subplots(1, len(mixes), figsize=(11, 4.5))
    for axis, (heading, rows) in zip(axes, mixes.items()):
        for name, row in rows.items():
            if "jitter" in name:
                continue
            at = row["$ for 1,000 waits"], row["mean lag, % of the duration"]
            variant = name.startswith("0")  # the step with other numbers
            color = "lightblue" if variant else "tab:blue" if name.startswith("this step") else "tab:gray"
            axis.scatter(*at, s=40, color=color)
            place = (-6, -3) if variant else (5, 12) if "3600" in name else (5, 5)
            axis.annotate(name, at, xytext=place, textcoords="offset points", ha="right" if variant else "left")
        axis.set(xscale="log", yscale="log", xlabel="$ for 1,000 waits", ylabel="mean lag, % of the duration")
        axis.set_title(heading.removeprefix("Schedule: "), fontsize=8)
        axis.margins(x=0.25, y=0.1)
        for side in axis.xaxis, axis.yaxis:
            side.set_major_formatter(plain)
            side.set_minor_formatter(matplotlib.ticker.NullFormatter())
    save(figure, "schedule.svg")


tables = tables()
cold_start(tables)
schedule(tables)
