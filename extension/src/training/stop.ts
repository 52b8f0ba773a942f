import type { Kernel } from "@jupyterlab/services";
import { type TrainingCommand, VIEW_TARGET, type ViewMessage } from "../../../src/views/contract.js";

/** A kernel that knows the target keeps the comm open or answers; one that doesn't closes it at once. */
const PATIENCE = 5000;

/**
 * Asks the kernel to stop a training run. Comm messages pass a busy cell by, so it hears of it while it trains.
 *
 * @returns whether someone in the kernel took the request.
 */
export function stopRun(kernel: Kernel.IKernelConnection, run: string): Promise<boolean> {
  const comm = kernel.createComm(VIEW_TARGET);
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(true), PATIENCE);
    const settle = (heard: boolean) => {
      clearTimeout(timer);
      resolve(heard);
      if (!comm.isDisposed) comm.close();
    };
    comm.onMsg = () => settle(true);
    comm.onClose = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const order: ViewMessage & { command: TrainingCommand } = { view: run, command: "stop" };
    comm.open({ ...order });
  });
}
