import { Button, Drawer, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { isUUID, type MappingQuery } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { OrganizationField } from "./OrganizationField";

type Props = {
  opened: boolean;
  query: MappingQuery;
  onClose: () => void;
  onApply: (part: MappingQuery) => void;
};

const ids = ["localStoreId", "desiredLocalStoreId", "observedLocalStoreId"] as const;
const uuids = ["remoteStoreId", "brandId"] as const;
const presets = [
  ["hour", 1],
  ["hour", 6],
  ["day", 1],
  ["day", 7],
] as const;

type Field = (typeof ids)[number] | (typeof uuids)[number] | "organizationId";

/** FilterDrawer holds the filters that are used less often, to be set together. */
export function FilterDrawer({ opened, query, onClose, onApply }: Props) {
  const text = useConsoleText();
  const t = text.filters;
  const [values, setValues] = useState<Partial<Record<Field, string>>>(() => {
    const { localStoreId, desiredLocalStoreId, observedLocalStoreId, remoteStoreId, brandId, organizationId } = query;
    return { localStoreId, desiredLocalStoreId, observedLocalStoreId, remoteStoreId, brandId, organizationId };
  });
  const [dark, setDark] = useState(query.dark === undefined ? "" : String(query.dark));
  const [stale, setStale] = useState(localTime(query.staleSince));
  const [tried, setTried] = useState(false);
  const wrong = (field: Field) => Boolean(values[field]) && !isUUID(values[field] ?? "");
  const set = (field: Field) => (value: string | undefined) => setValues((before) => ({ ...before, [field]: value }));

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (uuids.some(wrong) || wrong("organizationId")) return;
    const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value?.trim() || undefined]));
    onApply({
      ...given,
      dark: dark === "" ? undefined : dark === "true",
      staleSince: stale === "" ? undefined : new Date(stale).toISOString(),
    });
  }

  return (
    <Drawer.Root opened={opened} onClose={onClose} position="right" size="sm">
      <Drawer.Overlay />
      <Drawer.Content>
        <Drawer.Body p="lg">
          <form onSubmit={submit} noValidate>
            <Stack gap="md">
              <Drawer.Title fw={600} fz="lg">
                {t.title}
              </Drawer.Title>
              {ids.map((field) => (
                <TextInput
                  key={field}
                  label={t[field]}
                  description={field === "localStoreId" ? t.localStoreIdHint : undefined}
                  value={values[field] ?? ""}
                  maxLength={255}
                  autoComplete="off"
                  spellCheck={false}
                  onChange={(event) => set(field)(event.currentTarget.value)}
                />
              ))}
              <OrganizationField
                value={values.organizationId}
                onChange={set("organizationId")}
                error={tried && wrong("organizationId") ? t.uuid : null}
              />
              {uuids.map((field) => (
                <TextInput
                  key={field}
                  label={t[field]}
                  value={values[field] ?? ""}
                  error={tried && wrong(field) ? t.uuid : null}
                  autoComplete="off"
                  spellCheck={false}
                  onChange={(event) => set(field)(event.currentTarget.value.trim())}
                />
              ))}
              <div>
                <Text size="sm" fw={500} id="dark">
                  {t.dark}
                </Text>
                <Text size="xs" c="dimmed" mb={4}>
                  {t.darkHint}
                </Text>
                <SegmentedControl
                  aria-labelledby="dark"
                  value={dark}
                  onChange={setDark}
                  data={[
                    { value: "", label: text.list.all },
                    { value: "true", label: t.darkYes },
                    { value: "false", label: t.darkNo },
                  ]}
                />
              </div>
              <div>
                <TextInput
                  type="datetime-local"
                  label={t.staleSince}
                  description={t.staleHint}
                  value={stale}
                  onChange={(event) => setStale(event.currentTarget.value)}
                />
                <Group gap={4} mt={6}>
                  {presets.map(([unit, n]) => (
                    <Button
                      key={unit + n}
                      size="compact-xs"
                      variant="default"
                      onClick={() => setStale(before(unit, n))}
                    >
                      {t.ago(unit, n)}
                    </Button>
                  ))}
                </Group>
              </div>
              <Group justify="end" gap="sm">
                <Button variant="default" onClick={onClose}>
                  {t.cancel}
                </Button>
                <Button type="submit">{t.apply}</Button>
              </Group>
            </Stack>
          </form>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function before(unit: "hour" | "day", n: number): string {
  return localTime(new Date(Date.now() - n * (unit === "hour" ? 3_600_000 : 86_400_000)).toISOString());
}

/** localTime is a time as the browser's field for it wants it: in the zone of whoever reads it. */
function localTime(at: string | undefined): string {
  if (at === undefined) return "";
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
