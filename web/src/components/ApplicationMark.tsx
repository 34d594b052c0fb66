import { Box, Group, Image, Text } from "@mantine/core";
import type { Application } from "../api/nouns";

/** ApplicationMark is the integrator's logo, or a dot in its colour, and its name. */
export function ApplicationMark({ application: { name, logoUrl, accent } }: { application: Application }) {
  return (
    <Group gap="xs" wrap="nowrap">
      {logoUrl === null ? (
        <Box w={16} h={16} bg={accent ?? "var(--mantine-primary-color-filled)"} style={{ borderRadius: "50%" }} />
      ) : (
        <Image src={logoUrl} alt="" h={28} w="auto" maw={120} fit="contain" />
      )}
      <Text fw={600} style={{ overflowWrap: "anywhere" }}>
        {name}
      </Text>
    </Group>
  );
}
