import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../../components/Ago";
import { PageTitle } from "../../components/PageTitle";
import type { Total } from "../api/nouns";
import { useConsoleText } from "../text/text";

type Props = { title: string; total: Total | null; asOf: string | undefined; children?: ReactNode };

/** ListHead is a list's title, how many there are, and when that was true. */
export function ListHead({ title, total, asOf, children }: Props) {
  const text = useConsoleText();
  return (
    <Group justify="space-between" gap="sm">
      <Group align="baseline" gap="sm">
        <PageTitle application={text.name} title={title} />
        <Text size="sm" c="dimmed" role="status">
          {total && <b>{text.list.total(total.value, total.exact)}</b>}
          {asOf && (
            <>
              {" "}
              {text.list.asOf} <Ago at={asOf} />
            </>
          )}
        </Text>
      </Group>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
