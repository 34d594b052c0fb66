import { Button, Text } from "@mantine/core";
import { useMemo } from "react";
import { Ago } from "../../components/Ago";
import { PageAnchor } from "../../components/links";
import { stateSigns } from "../../components/signs";
import type { Grant } from "../api/nouns";
import { useConsoleText } from "../text/text";
import type { Column } from "./DataTable";
import { Signed } from "./StateLabel";

/** useGrantColumns returns the columns of the list of consents; where onForget is given each can be forgotten. */
export function useGrantColumns(onForget?: (grant: Grant) => void): Column<Grant>[] {
  const text = useConsoleText();
  return useMemo(() => {
    const t = text.grants;
    const columns: Column<Grant>[] = [
      {
        id: "organization",
        header: t.organization,
        width: 15,
        cell: (grant) => (
          <PageAnchor
            to="/mappings"
            search={{ organizationId: grant.organizationId }}
            activeOptions={{ exact: true }}
            size="sm"
            fw={600}
          >
            {grant.organizationName}
          </PageAnchor>
        ),
      },
      {
        id: "state",
        header: t.state,
        width: 14,
        cell: (grant) => (
          <>
            <Signed
              sign={grant.state === "active" ? stateSigns.connected : stateSigns.failed}
              words={t.states[grant.state]}
            />
            {grant.reason !== null && (
              <Text size="xs" c="dimmed">
                {grant.reason}
              </Text>
            )}
          </>
        ),
      },
      {
        id: "expires",
        header: t.expires,
        width: 12,
        cell: (grant) => (
          <>
            <Ago at={grant.expiresAt} />
            {!grant.refreshable && (
              <Text size="xs" c="dimmed">
                {t.notRenewable}
              </Text>
            )}
          </>
        ),
      },
      { id: "renewed", header: t.renewed, width: 9, cell: (grant) => <Ago at={grant.refreshedAt} /> },
      { id: "scopes", header: t.scopes, width: 16, cell: (grant) => <Text size="xs">{grant.scopes.join(" ")}</Text> },
      { id: "sessions", header: t.sessions, width: 6, numeric: true, cell: (grant) => text.number(grant.sessions) },
      { id: "given", header: t.given, width: 9, cell: (grant) => <Ago at={grant.createdAt} /> },
    ];
    if (onForget === undefined) return columns;
    const action: Column<Grant> = {
      id: "forget",
      header: t.forget,
      width: 8,
      cell: (grant) => (
        <Button
          size="compact-sm"
          variant="default"
          c="var(--state-bad)"
          aria-label={t.forgetOf(grant.organizationName)}
          onClick={() => onForget(grant)}
        >
          {t.forget}
        </Button>
      ),
    };
    return [...columns, action];
  }, [text, onForget]);
}
