import { Button, CopyButton, Group } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Nothing } from "../../components/Nothing";
import { useConsoleText } from "../text/text";

/** Broken stands where a page failed; the pages around it go on. */
export function Broken({ error }: ErrorComponentProps) {
  const text = useConsoleText();
  const message = error instanceof Error ? error.message : String(error);
  const details = [window.location.href, error instanceof Error ? (error.stack ?? message) : message].join("\n");
  return (
    <div role="alert">
      <title>{text.nav.broken}</title>
      <Nothing title={text.nav.broken} detail={message}>
        <Group>
          <Button onClick={() => window.location.reload()}>{text.nav.reload}</Button>
          <CopyButton value={details}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? text.nav.copied : text.nav.copyDetails}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Nothing>
    </div>
  );
}
