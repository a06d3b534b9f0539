"""Run benchmarks: `python -m bench [--quick] [--out DIR] [NAME ...]`, where the names are those of `_BENCHMARKS`."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import datasets, delivery, evaluation, ingest, mlflow, page, query, report, sdk, startup

_BENCHMARKS: dict[str, Callable[[argparse.Namespace], report.Report]] = {
    "startup": lambda options: startup.run(quick=options.quick),
    "sdk": lambda options: sdk.run(quick=options.quick),
    "ingest": lambda options: ingest.run(quick=options.quick),
    "delivery": lambda options: delivery.run(quick=options.quick),
    "evaluation": lambda options: evaluation.run(quick=options.quick),
    "query": lambda options: query.run(quick=options.quick, sizes=options.sizes, keep=options.keep),
    "datasets": lambda options: datasets.run(quick=options.quick),
    "mlflow": lambda options: mlflow.run(quick=options.quick),
    "page": lambda options: page.run(quick=options.quick),
}


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks (all by default), write their results and print them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_BENCHMARKS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run, not how fast")
    out_help = "where results are written (bench/results; quick ones only where this says)"
    parser.add_argument("--out", type=Path, help=out_help)
    sizes_help = "numbers of traces for query (default: 10^4, 10^5, 10^6)"
    parser.add_argument("--sizes", type=int, nargs="*", help=sizes_help)
    parser.add_argument("--keep", type=Path, help="keep query's stores in this directory and use them again")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in _BENCHMARKS:
            parser.error(f"{name!r} is no benchmark; there are {', '.join(_BENCHMARKS)}")
    for name in options.names or _BENCHMARKS:
        start = time.perf_counter()
        made = _BENCHMARKS[name](options)
        print(report.markdown(made))
        took = f"{name}: {time.perf_counter() - start:.0f} s"
        folder = options.out or (None if options.quick else report.RESULTS)
        print(took if folder is None else f"{took}, written to {report.write(made, folder)[0]}", end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
