import { Button } from "@mantine/core";
import { useText } from "../text/text";

type Props = {
  /** Where the connect link leads back to, where there is one. */
  returnTo: string | null | undefined;
  runId: string;
};

/** BackButton leads back to where the connect link came from, with the run's id in the query. */
export function BackButton({ returnTo, runId }: Props) {
  const text = useText();
  if (!returnTo) return null;
  const back = new URL(returnTo, window.location.origin);
  back.searchParams.set("run", runId);
  return (
    <Button component="a" href={back.href}>
      {text.run.back(back.host)}
    </Button>
  );
}
