import { client } from "./client";
import { answer } from "./problem";
import type { components } from "./schema.gen";

/** What a connect link allows. */
export type ConnectPermission = components["schemas"]["ConnectPermission"];

/** redeem uses up a connect link: a second try with its secret is refused. */
export function redeem(secret: string): Promise<ConnectPermission> {
  return answer(client.POST("/auth/connect", { body: { secret } }));
}
