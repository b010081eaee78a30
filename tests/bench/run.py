"""The benchmarks: `python tests/bench/run.py [--only NAME]… [--quick] [--json FILE] …`.

They print wall and CPU seconds, peak memory, exact request counts, and each of drplan's targets as met or missed. Where
a `terraform` is on the PATH, the same is measured of it with as many `terraform_data` resources, which are built in and
do nothing: its own cost, without any provider's. With `--tree` other copies of the source take part, round by round, to
compare a change with what was there before.

    run.py     the command line
    cases.py   what is measured, and the targets
    bench.py   the sizes, the trees, a clean environment
    fleet.py   specs, worlds and Terraform files for N deployments
    served.py  an emulator in its own process
    load.py    the load generator, in its own process
    measure.py one command's cost; medians and ratios over rounds
    report.py  rows, verdicts, text
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from bench import HERE, QUICK, Scale, prepare
from cases import CASES

FORMAT = "1.0"


def main(arguments: list[str]) -> int:
    """Run the benchmarks that the command line names; 0 unless one of them could not run."""
    parser = argparse.ArgumentParser(description="Benchmarks of drplan.")
    parser.add_argument("--only", action="append", choices=list(CASES), help="run this one (repeatable)")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: does it work?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument(
        "--tree", action="append", type=Path, default=[], metavar="DIR", help="compare with this source"
    )
    parser.add_argument("--no-terraform", action="store_true", help="leave Terraform out: its apply takes longest")
    chosen = parser.parse_args(arguments)
    roots = {"drplan": HERE.parents[1]} | {f"in {tree}": tree.resolve() for tree in chosen.tree}
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
    }
    print(", ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n", flush=True)
    results = []
    with tempfile.TemporaryDirectory(prefix="drplan-bench-") as work:
        terraform = None if chosen.no_terraform else shutil.which("terraform")
        bench = prepare(Path(work), roots, QUICK if chosen.quick else Scale(), terraform)
        for name, case in CASES.items():
            if not chosen.only or name in chosen.only:
                result = case(bench)
                results.append(result)
                print(result.text(), flush=True)
    missed = [
        f"{result.name}: {verdict.target}" for result in results for verdict in result.verdicts if not verdict.met
    ]
    print(f"Missed: {len(missed)} of {sum(len(result.verdicts) for result in results)} targets.")
    for line in missed:
        print(f"  {line}")
    if chosen.json:
        content = {
            "format_version": FORMAT,
            "machine": machine,
            "emulator_pids": bench.pids,
            "cases": [result.document() for result in results],
        }
        chosen.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
