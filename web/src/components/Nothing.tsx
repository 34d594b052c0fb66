import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** Nothing stands where a list is empty: why, and what to do. */
export function Nothing({ title, detail, children }: { title: string; detail: string; children?: ReactNode }) {
  return (
    <Stack align="center" py="xl" gap="xs" ta="center">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text c="dimmed">{detail}</Text>
      {children}
    </Stack>
  );
}
