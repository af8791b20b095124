"""Plants one violation of each rule into a copy of a small part of the tree, and expects scripts/check to name its line."""
import os
import shutil
import subprocess
import sys
import tempfile

source = sys.argv[1]
check = os.path.join(source, "scripts", "check")

# (check, file, what it holds, where it is found, part of the sentence)
PLANTED = [
    ("layers", "runtime/base/planted.hpp", '#pragma once\n#include "actors/session.hpp"\n', 2, "may not include \"actors/session.hpp\""),
    ("layers", "runtime/node/planted.hpp", '#pragma once\n#include "runtime/coordinator/core.hpp"\n', 2, "may not include"),
    ("layers", "runtime/planted/new.hpp", "#pragma once\n", 1, "no layer"),
    ("layers", "planted/new.hpp", "#pragma once\n", 1, "no layer"),
    ("layers", "actors/net/planted.cpp", '#include "actors/node.hpp"\n', 1, "may not include"),
    ("layers", "io/planted.cpp", '#include "serialization/codec.hpp"\n', 1, "may not include"),
    ("layers", "client/planted.cpp", "#include <vector>\n#include <caf/all.hpp>\n", 2, "caf is included by actors/ only"),
    ("layers", "actors/planted.cpp", "#include <zmq.h>\n", 1, "zmq.h is included by actors/net/ only"),
    ("layers", "client/planted2.cpp", "#include <unheard/of.hpp>\n", 1, "nowhere"),
    ("pure", "runtime/base/planted2.cpp", "#include <thread>\n", 1, "may not include <thread>"),
    ("pure", "runtime/base/planted3.cpp", "auto t = std::chrono::steady_clock::now();\n", 1, "may not use steady_clock"),
    ("text", "client/long.cpp", "int x;\n" * 601, 601, "more than 600 lines"),
    ("text", "client/tab.cpp", "int x;\n\tint y;\n", 2, "tab"),
    ("text", "client/todo.cpp", "// TO" + "DO: later\n", 1, "issue"),
    ("text", "client/end.cpp", "int x;", 1, "does not end"),
    ("text", "client/twice.hpp", "int x;\n", 1, "#pragma once"),
    ("paths", "client/path.cpp", "// See docs/no/such-page.md for why.\n", 1, "there is no docs/no/such-page.md"),
    ("paths", "docs/page.md", "The cores are in `runtime/nowhere`.\n", 1, "there is no runtime/nowhere"),
    ("scripts", "scripts/broken", "#!/usr/bin/env bash\nif true; then\n", 1, "bash"),
    ("headers", "client/alone.hpp", "#pragma once\ninline std::string text;\n", 2, "does not compile alone"),
    ("tidy", "runtime/base/tidy.cpp", "#include <string>\n#include <utility>\n"
     "std::string f(std::string a) {\n  std::string b = std::move(a);\n  return b + a;\n}\n", 5, "bugprone-use-after-move"),
]
# What is right and could be taken for wrong.
RIGHT = [
    ("client/right.cpp", '#include "actors/session.hpp"\n#include <sys/mman.h>\n#include <vector>\n// TO' "DO(#12): as client/right.cpp says.\n"),
    ("tools/right.cpp", '#include "client/right.cpp"\n#include <CLI/CLI.hpp>\n'),
    ("runtime/policy/right.cpp", '#include "runtime/base/units.hpp"\n#include <fmt/format.h>\n// No steady_clock here.\n'),
]


def run(root, *names):
    done = subprocess.run([sys.executable, check, "--root", root, *names], capture_output=True, text=True)
    return done.returncode, done.stdout


def write(root, file, text):
    path = os.path.join(root, file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as stream:
        stream.write(text)


def main():
    failures = []
    with tempfile.TemporaryDirectory() as root:
        shutil.copy(os.path.join(source, ".clang-tidy"), root)
        for file in ("actors/session.hpp", "actors/node.hpp", "runtime/coordinator/core.hpp", "serialization/codec.hpp"):
            write(root, file, "#pragma once\n")
        write(root, "runtime/base/units.hpp", "#pragma once\n")
        for file, text in RIGHT:
            write(root, file, text)
        code, out = run(root, "layers", "pure", "text", "paths", "scripts")
        if code != 0:
            failures.append(f"what is right was refused:\n{out}")
        # Only what compiles everything again needs clang (scripts/setup checks); CI has it.
        planted = [one for one in PLANTED if one[0] != "tidy" or shutil.which("clang-tidy-14")]
        for name, file, text, line, sentence in planted:
            write(root, file, text)
            code, out = run(root, name)
            if code != 1 or not any(l.startswith(f"{file}:{line}: ") and sentence in l for l in out.splitlines()):
                failures.append(f"{name}: {file}:{line} '{sentence}' was not found (exit code {code}):\n{out}")
            os.remove(os.path.join(root, file))
    print("\n".join(failures) or f"{len(planted)} of {len(PLANTED)} violations were planted, and found")
    return 1 if failures else 0


sys.exit(main())
