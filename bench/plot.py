"""Draws the plots of docs/ from docs/performance.json."""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import matplotlib.ticker

docs = pathlib.Path(sys.argv[1])
results = json.loads((docs / "performance.json").read_text())
plt.rcParams.update({"svg.hashsalt": "xdr-action-status", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
plain = matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:,g}")


def save(figure, name):
    figure.tight_layout()
    figure.savefig(docs / name, metadata={"Date": None})
    plt.close(figure)


def bars(axis, rows, key, title):
    names = [row["Name"] for row in rows]
    values = [row[key] for row in rows]
    colors = ["tab:blue" if name.startswith("this step") else "lightgray" for name in names]
    drawn = axis.barh(names, values, color=colors)
    axis.bar_label(drawn, [f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in values], padding=2)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(plain)
    axis.set_xlim(min(values) / 1.5, max(values) * 3)
    axis.set_title(title)
    axis.invert_yaxis()


def cold_start():
    rows = sorted(results["Contenders"], key=lambda row: row["Cold"])
    figure, axes = plt.subplots(2, 2, figsize=(11, 6), sharey=True)
    bars(axes[0][0], rows, "Cold", "init and first check, × hello")
    bars(axes[0][1], rows, "At128Check", "the same at 128 MB, init at full speed, × this step")
    bars(axes[1][0], rows, "PageFaults", "page faults at the first question")
    for row in rows:
        row["PeakMB"] = row["PeakBytes100k"] / 1e6
    bars(axes[1][1], rows, "PeakMB", "peak memory with 100,000 endpoints, MB")
    save(figure, "cold-start.svg")


def schedule():
    figure, axes = plt.subplots(1, len(results["Schedule"]), figsize=(11, 4.5))
    for axis, mix in zip(axes, results["Schedule"]):
        variants = mix["Variants"]
        axis.scatter([v["Dollars"] for v in variants], [100 * v["RelativeLag"] for v in variants], s=12, color="lightblue", label="other fractions and bounds")
        for point in mix["Schedules"]:
            if "jitter" in point["Name"]:
                continue
            ours = point["Name"].startswith("this step")
            at = point["Dollars"], 100 * point["RelativeLag"]
            axis.scatter(*at, s=40, color="tab:blue" if ours else "tab:gray")
            above = 5 if "3600" not in point["Name"] else 12
            axis.annotate(point["Name"], at, xytext=(5, above), textcoords="offset points")
        axis.set(xscale="log", yscale="log", xlabel="$ of state transitions for 1,000 waits", ylabel="mean lag, % of the action's duration")
        axis.set_title(mix["Mix"], fontsize=8)
        axis.margins(x=0.25, y=0.1)
        for side in axis.xaxis, axis.yaxis:
            side.set_major_formatter(plain)
            side.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axis.legend(loc="upper left", frameon=False)
    save(figure, "schedule.svg")


cold_start()
schedule()
