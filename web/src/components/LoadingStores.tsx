import { Progress, Stack, Text } from "@mantine/core";
import type { Loading } from "../api/nouns";
import { useText } from "../text/text";

/** LoadingStores counts the brands that are in while the organization is loaded for the first time. */
export function LoadingStores({ loading: { brands, of } }: { loading: Loading }) {
  const text = useText();
  const words = text.stores.loading(brands, of);
  return (
    <Stack gap={4} role="status">
      <Text size="sm">{words}</Text>
      <Progress value={of === 0 ? 0 : (100 * brands) / of} aria-label={words} />
    </Stack>
  );
}
