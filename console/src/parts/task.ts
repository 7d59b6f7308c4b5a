// Something that is being done because somebody asked for it.

import { useState } from "preact/hooks";
import { messageOf } from "../api/call";

export interface Task {
  busy: boolean;
  problem: string;
  /** Do it; what goes wrong is kept as the problem. */
  run: (work: () => Promise<void>) => void;
}

export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const perform = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run: (work) => void perform(work) };
}
