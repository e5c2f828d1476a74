"""Code in the place of a long-lived process: confines itself by the function that the product calls, then
tries all that the process must not reach (`attack`).

    python -m tests.attacks.confined keyholder|web|recorder WHAT [CONFIGURATION]

`WHAT`: the attack's argument; the settings are in the environment, a recorder's configuration is an argument.
"""

from __future__ import annotations

import json
import sys

from amana.process_places import confine_keyholder, confine_web
from amana.settings import read_settings
from casework.recording.child_config import ChildConfig
from casework.sandbox.confinement import keep_memory_private
from recorder.__main__ import confine
from tests.attacks import attack


def main(part: str, what: str, configuration: str = "") -> None:
    keep_memory_private()
    if part == "keyholder":
        confine_keyholder(read_settings())
    elif part == "web":
        confine_web(read_settings())
    else:
        confine(ChildConfig.from_json(json.loads(configuration)))
    attack.main(what)


if __name__ == "__main__":
    main(*sys.argv[1:])
