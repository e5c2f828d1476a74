"""Makes the corpus's content credential anew: `python -m tests.vectors.packages.make_credential`. Its key and
numbers are drawn, so that each is another one and the packages with it; there is no need to."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir

from player.package import content_credentials
from tests.vectors.packages import HERE
from tests.vectors.packages.credentials import CREDENTIAL
from tests.vectors.packages.derivatives import DERIVED, FILM

MANIFEST = {
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "created": True,
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture",
                    }
                ]
            },
        },
        {
            "label": content_credentials.ASSERTION,
            "created": True,
            "data": {"evidence": DERIVED, "kind": "composed-film", "master": False, "v": 1},
        },
    ],
    "claim_generator_info": [{"name": "Amana", "version": "0.1.0"}],
    "claim_version": 2,
    "format": "video/mp4",
}


def made() -> bytes:
    """A credential of the corpus's film."""
    with NamedTemporaryFile() as film:
        film.write(FILM)
        film.flush()
        file = {"media": "video/mp4", "manifest": MANIFEST}
        asked = {"at": 1_764_000_000, "deployment": "d0" * 16, "files": [file]}
        [credential] = content_credentials.run(asked, [film.fileno()], Path(gettempdir()))
    return credential


if __name__ == "__main__":
    (HERE / "clips" / CREDENTIAL).write_bytes(made())
