"""hatchling's hook for the wheel: puts in what `npm run wheel` has gathered, and names the platform that it is for."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Gathered(BuildHookInterface):
    def initialize(self, version, build_data):
        folder = Path(self.root) / "output" / "wheel" / "gathered"
        tag = folder / "tag"
        if not tag.exists():
            raise RuntimeError("The wheel holds packages of npm, which are not gathered yet: build it with `npm run wheel`.")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{tag.read_text().strip()}"
        build_data["force_include"][str(folder / "js")] = "cellkernel/js"
