import { useQuery } from "@tanstack/react-query";
import { client } from "./client";
import type { Brand } from "./nouns";
import { answer } from "./problem";

/** useBrands reads all brands of the organization. */
export function useBrands() {
  return useQuery({ queryKey: ["brands"], queryFn: ({ signal }) => allBrands(signal), staleTime: 60_000 });
}

async function allBrands(signal: AbortSignal): Promise<Brand[]> {
  const brands: Brand[] = [];
  let cursor: string | undefined;
  do {
    const page = await answer(client.GET("/api/brands", { params: { query: { limit: 500, cursor } }, signal }));
    brands.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return brands;
}
