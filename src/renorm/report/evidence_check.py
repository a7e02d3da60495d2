"""Whether the files of recorded evidence fit each other, the chapters and their code.

``python -m renorm.report.evidence_check EXECUTED`` looks at ``book/evidence`` below the working directory and
at the executed notebooks in the folder EXECUTED. A build marks stale evidence; here it is a fault.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from renorm.report.harvest import Run, harvest
from renorm.report.recorded import LARGEST

FOLDER = Path("book/evidence")


def evidence_problems(root: Path, runs: Iterable[Run]) -> list[str]:
    """What is wrong with recorded evidence, one line each.

    Args:
        root: the repository.
        runs: the executed chapters; each file must be used by one of them.
    """
    used = {one["name"]: (run.chapter, one) for run in runs for one in run.evidence}
    origins = {path.stem: path for path in (root / FOLDER).glob("*.json")}
    stray = [path for path in (root / FOLDER).iterdir() if path.stem not in origins]
    problems = [f"{path.name} has no .json that tells its origin" for path in stray]
    for name, path in sorted(origins.items()):
        about, data = json.loads(path.read_text()), path.with_suffix(".nc")
        raw = data.read_bytes() if data.is_file() else b""
        chapter, seen = used.get(name, ("", {}))
        if hashlib.sha256(raw).hexdigest() != about["sha256"]:
            problems.append(f"{data.name} is missing, truncated, or not the file that {path.name} describes")
        elif len(raw) > LARGEST:
            problems.append(f"{data.name} has {len(raw)} bytes; at most {LARGEST} are allowed")
        elif not seen:
            problems.append(f"{name} is used by no executed chapter")
        elif seen["sha256"] != about["sha256"]:
            problems.append(f"{chapter} was executed with another {data.name}: execute it again")
        elif seen["stale"]:
            gpu = about.get("platform") == "gpu"
            again = f"make gpu CH={chapter}" if gpu else f"make chapter CH={chapter} SET=record=true"
            problems.append(f"{name} was made by code that has changed since: {again}")
    return problems


if __name__ == "__main__":
    found = evidence_problems(Path(), harvest(Path(), Path(sys.argv[1])))
    sys.exit("\n".join(found) or print("the evidence fits the chapters and their code"))
