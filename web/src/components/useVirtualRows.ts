import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

const overscan = 12;

type Options = { count: number; rowHeight: number; onNearEnd?: () => void };

/** useVirtualRows says which rows of a long list stand near the window, and tells when its end comes near. */
export function useVirtualRows<T extends HTMLElement>({ count, rowHeight, onNearEnd }: Options) {
  const list = useRef<T>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  // What stands above the list comes and goes, so its place is measured at each render.
  useLayoutEffect(() => {
    if (list.current) setScrollMargin(Math.round(list.current.getBoundingClientRect().top + window.scrollY));
  });
  const virtualizer = useWindowVirtualizer({ count, estimateSize: () => rowHeight, overscan, scrollMargin });
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? -1;
  useEffect(() => {
    if (count > 0 && last >= count - 1) onNearEnd?.();
  }, [last, count, onNearEnd]);
  const before = (rows[0]?.start ?? scrollMargin) - scrollMargin;
  const after = virtualizer.getTotalSize() - ((rows.at(-1)?.end ?? scrollMargin) - scrollMargin);
  return {
    list,
    rows,
    before: Math.max(before, 0),
    after: Math.max(after, 0),
    measure: virtualizer.measureElement,
    show: (index: number) => virtualizer.scrollToIndex(index, { align: "center" }),
  };
}
