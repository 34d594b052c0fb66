import { Box, Card } from "@mantine/core";
import { useVirtualRows } from "../../components/useVirtualRows";
import type { ListProps } from "./DataTable";
import classes from "./DataTable.module.css";

/** DataCards lists rows on small screens, where a table has no room: the first column heads the card. */
export function DataCards<T extends object>({ label, columns, rows, rowId, total, onNearEnd }: ListProps<T>) {
  const virtual = useVirtualRows<HTMLUListElement>({ count: rows.length, rowHeight: 170, onNearEnd });
  const [head, ...others] = columns;
  return (
    <Box
      component="ul"
      ref={virtual.list}
      aria-label={label}
      p={0}
      m={0}
      style={{ listStyle: "none", paddingTop: virtual.before, paddingBottom: virtual.after }}
    >
      {virtual.rows.map(({ index }) => {
        const row = rows[index];
        return (
          row && (
            <Box
              component="li"
              key={rowId(row)}
              data-index={index}
              ref={virtual.measure}
              aria-posinset={index + 1}
              aria-setsize={total ?? -1}
              pb="xs"
            >
              <Card withBorder padding="sm">
                <Box mb={6}>{head?.cell(row)}</Box>
                <Box component="dl" className={classes.facts} fz="sm">
                  {others.map((column) => (
                    <Box key={column.id} display="contents">
                      <dt>{column.header}</dt>
                      <dd>{column.cell(row)}</dd>
                    </Box>
                  ))}
                </Box>
              </Card>
            </Box>
          )
        );
      })}
    </Box>
  );
}
