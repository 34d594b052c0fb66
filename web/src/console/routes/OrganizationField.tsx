import { Autocomplete } from "@mantine/core";
import { useState } from "react";
import { useOrganizations } from "../api/organizations";
import { useConsoleText } from "../text/text";

type Props = { value: string | undefined; onChange: (id: string | undefined) => void; error?: string | null };

/** OrganizationField chooses an organization by a part of its name, or by its id. */
export function OrganizationField({ value, onChange, error }: Props) {
  const text = useConsoleText();
  const [typed, setTyped] = useState<string | null>(null);
  const found = useOrganizations(typed ?? undefined);
  const organizations = found.data?.pages.flatMap((page) => page.items) ?? [];
  const chosen = organizations.find(({ id }) => id === value);
  const shown = typed ?? chosen?.name ?? value ?? "";
  return (
    <Autocomplete
      label={text.filters.organizationId}
      description={text.filters.organizationHint}
      error={error}
      value={shown}
      limit={20}
      comboboxProps={{ withinPortal: true }}
      data={[...new Set(organizations.map(({ name }) => name))]}
      onChange={(next) => {
        setTyped(next);
        const named = organizations.find(({ name }) => name === next);
        onChange(named?.id ?? (next.trim() || undefined));
      }}
    />
  );
}
