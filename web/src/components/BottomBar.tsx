import { Container } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./BottomBar.module.css";

/** BottomBar stays at the bottom of the window: what was done so far, and the next step. */
export function BottomBar({ label, status, children }: { label: string; status: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.bar} aria-label={label}>
      <Container size="xl" py="sm" className={classes.inside}>
        <div role="status" className={classes.status}>
          {status}
        </div>
        <div className={classes.actions}>{children}</div>
      </Container>
    </section>
  );
}
