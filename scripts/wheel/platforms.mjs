// The platforms that a wheel can be made for.

/**
 * By Node's name of platform and processor: the wheel's tag, and the packages of npm that hold this platform's binaries.
 * Tags are what those binaries need: glibc 2.28 and macOS 14 are onnxruntime's.
 */
export const PLATFORMS = {
  "linux-x64": { tag: "manylinux_2_28_x86_64", resvg: "linux-x64-gnu", zeromq: "glibc-127-Release" },
  "linux-arm64": { tag: "manylinux_2_28_aarch64", resvg: "linux-arm64-gnu", zeromq: "glibc-127-Release" },
  "darwin-arm64": { tag: "macosx_14_0_arm64", resvg: "darwin-arm64", zeromq: "libc-115-Release" },
  "win32-x64": { tag: "win_amd64", resvg: "win32-x64-msvc", zeromq: "msvc-115-Release" },
  "win32-arm64": { tag: "win_arm64", resvg: "win32-arm64-msvc", zeromq: "msvc-115-Release" },
};

/** @returns {{ name: string, platform: string, arch: string, tag: string, resvg: string, zeromq: string }} */
export function platformOf(name) {
  const known = PLATFORMS[name];
  if (!known)
    throw new Error(
      `There is no wheel for "${name}"; there are those for ${Object.keys(PLATFORMS).join(", ")}.`,
    );
  const [platform, arch] = name.split("-");
  return { name, platform, arch, ...known };
}
