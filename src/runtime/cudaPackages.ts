import type { NvidiaDriver } from "./cudaDriver.js";
import { MissingPart } from "./devices.js";

/** What PyPI has for one release of CUDA. */
export interface CudaRelease {
  cuda: number;
  /** The extra of our Python package that brings the same. */
  extra: string;
  /** The first version of NVIDIA's driver that serves it. */
  driver: number;
  /** The oldest GPUs that onnxruntime's CUDA provider has code for, by compute capability. */
  capability: number;
  /** ONNX Runtime with its CUDA provider, and those of NVIDIA's libraries that the provider names. */
  packages: string[];
  /** What GPUs before 7.5 need besides: the last cuDNN that knows them. */
  oldCards?: string[];
}

/**
 * The newest release first. ONNX Runtime's version is exact, since the provider's file decides which libraries are
 * needed; NVIDIA's are of a release as a whole, so that those which PyTorch has brought into the same Python stay.
 */
export const CUDA_RELEASES: readonly CudaRelease[] = [
  {
    cuda: 13,
    extra: "cuda",
    driver: 580,
    capability: 7.5,
    packages: [
      "onnxruntime-gpu==1.30.0",
      "nvidia-cublas~=13.0",
      "nvidia-cuda-runtime~=13.0",
      "nvidia-curand~=10.4.0",
    ],
  },
  {
    cuda: 12,
    extra: "cuda12",
    driver: 525,
    capability: 6,
    packages: [
      "onnxruntime-gpu==1.26.0",
      "nvidia-cublas-cu12~=12.0",
      "nvidia-cuda-runtime-cu12~=12.0",
      "nvidia-curand-cu12~=10.3.0",
      "nvidia-cufft-cu12~=11.0",
      "nvidia-cudnn-cu12~=9.0",
    ],
    oldCards: ["nvidia-cudnn-cu12<9.11"],
  },
];

const [NEWEST, OLDEST] = [CUDA_RELEASES[0], CUDA_RELEASES[CUDA_RELEASES.length - 1]];

/**
 * The release for a driver and its GPU.
 * @throws an Error that names the driver, or the GPU, that is needed
 */
export function releaseFor({ cuda, gpu }: NvidiaDriver): CudaRelease {
  const served = CUDA_RELEASES.filter((release) => Number.parseInt(cuda, 10) >= release.cuda);
  if (served.length === 0)
    throw new MissingPart(
      `NVIDIA's driver is too old: it serves CUDA ${cuda}, and ${OLDEST.cuda}.0 is needed.`,
      `Install NVIDIA's driver ${OLDEST.driver} or newer (${NEWEST.driver} for CUDA ${NEWEST.cuda}).`,
    );
  const release = served.find(({ capability }) => !gpu || gpu.capability >= capability);
  if (!release)
    throw new MissingPart(
      `The GPU (${gpu!.name}, compute capability ${gpu!.capability.toFixed(1)}) is too old: ${OLDEST.capability.toFixed(1)} is needed.`,
      "Train on the CPU.",
    );
  return release;
}

/** The packages of a release, for a GPU. */
export function packagesOf(release: CudaRelease, gpu: NvidiaDriver["gpu"]): string[] {
  const old = gpu !== undefined && gpu.capability < NEWEST.capability;
  return [...release.packages, ...((old && release.oldCards) || [])];
}
