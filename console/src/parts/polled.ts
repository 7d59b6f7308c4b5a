// Loading what a page shows, again and again while somebody looks.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../api/call";

export interface Polled<T> {
  data: T | undefined;
  error: string | undefined;
  /** Load it now. */
  refresh: () => void;
}

/** What `load` gives, anew whenever `key` changes and every so often; the last good answer stays while calls fail. */
export function usePolled<T>(key: string, load: (isCurrent: () => boolean) => Promise<T>, everyMs: number): Polled<T> {
  const [loaded, setLoaded] = useState<{ key: string; data?: T; error?: string }>({ key });
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const again = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const data = await loader.current(() => current);
          if (current) setLoaded({ key, data });
        } catch (error) {
          if (current) {
            setLoaded((before) => ({ ...(before.key === key ? before : {}), key, error: messageOf(error) }));
          }
        }
      }
      if (current && everyMs > 0) timer = setTimeout(again, everyMs);
    };
    void again();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key, everyMs, round]);
  const refresh = useCallback(() => setRound((number) => number + 1), []);
  const isOurs = loaded.key === key;
  return { data: isOurs ? loaded.data : undefined, error: isOurs ? loaded.error : undefined, refresh };
}
