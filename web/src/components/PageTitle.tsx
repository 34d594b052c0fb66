import { Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useText } from "../text/text";

type Props = {
  application: string;
  title: string;
  /** Where the page says it in another heading. */
  hidden?: boolean;
  children?: ReactNode;
};

/**
 * PageTitle is a page's first heading and the title of the window. Where the page before took the focus with it, the
 * heading takes it up, so that a screen reader begins here.
 */
export function PageTitle({ application, title, hidden, children }: Props) {
  const text = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <title>{text.page.title(title, application)}</title>
      {!hidden && (
        <Title order={1} size="h2" ref={heading} tabIndex={-1} style={{ outline: "none", overflowWrap: "anywhere" }}>
          {children ?? title}
        </Title>
      )}
    </>
  );
}
