import { NativeSelect, Title } from "@mantine/core";
import type { Brand } from "../api/nouns";
import { useText } from "../text/text";
import classes from "./BrandMenu.module.css";
import { PageNavLink } from "./links";

type Props = { brands: Brand[]; selected: string | undefined };

/** BrandMenu offers the brands at the side of the stores. */
export function BrandMenu({ brands, selected }: Props) {
  const text = useText();
  return (
    <nav aria-labelledby="brands" className={classes.side}>
      <Title order={2} size="h5" id="brands" mb="xs">
        {text.stores.brands}
      </Title>
      {[{ id: undefined, name: text.stores.allBrands }, ...brands].map(({ id, name }) => (
        <PageNavLink
          key={id ?? ""}
          to="/stores"
          search={(before) => ({ ...before, brandId: id })}
          label={name}
          active={id === selected}
          activeOptions={{ exact: true, explicitUndefined: true }}
          color="var(--mantine-color-text)"
        />
      ))}
    </nav>
  );
}

/** BrandSelect is the menu on small screens. */
export function BrandSelect({ brands, selected, onSelect }: Props & { onSelect: (id: string | undefined) => void }) {
  const text = useText();
  return (
    <NativeSelect
      label={text.stores.brand}
      value={selected ?? ""}
      onChange={(event) => onSelect(event.currentTarget.value || undefined)}
      data={[{ value: "", label: text.stores.allBrands }, ...brands.map((b) => ({ value: b.id, label: b.name }))]}
    />
  );
}
