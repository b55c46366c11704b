"""Draws a picture of a terminal in which xdrwait follows a simulated action. `make picture` calls it."""
import re
import subprocess
import sys

from rich.console import Console
from rich.text import Text

WIDTH = 112
command, svg = sys.argv[1:]
in_terminal = ["script", "-qec", f"stty cols {WIDTH} rows 24; {command}", "/dev/null"]
run = subprocess.run(in_terminal, capture_output=True, text=True, check=False)
lines = [line for line in re.split(r"[\r\n]+", run.stdout) if line.strip()]
live = [line for line in lines if " ok " in line]
verdict = lines[next(i for i, line in enumerate(lines) if " after " in line) :]

nowhere = open("/dev/null", "w", encoding="utf-8")
console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
console.print(f"$ {command.removeprefix('bin/')}", highlight=False, markup=False)
sample = live[:: max(1, len(live) // 3)][1:3]  # of what is one line on a screen
for line in [*sample, live[-1], *verdict]:
    console.print(Text.from_ansi(re.sub(r"\x1b\[[0-9]*[AJ]", "", line)))
console.print(f"$ echo $?\n{run.returncode}", highlight=False, markup=False)
picture = console.export_svg(title="xdrwait")
with open(svg, "w", encoding="utf-8") as out:
    out.write(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.S))  # the reader's own monospace font
