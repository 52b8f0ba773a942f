"""hatchling's hook for the wheel's metadata: the repository's address, which stands in package.json alone."""

import json
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Addresses(MetadataHookInterface):
    def update(self, metadata):
        package = json.loads((Path(self.root) / "package.json").read_text())
        source = package["repository"]["url"].removeprefix("git+").removesuffix(".git")
        metadata["urls"] = {"Source": source, "Issues": f"{source}/issues", "Changelog": f"{source}/blob/main/CHANGELOG.md"}
