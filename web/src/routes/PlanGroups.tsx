import { PlanGroup } from "../components/PlanGroup";
import { stateSigns } from "../components/signs";
import type { Plan, Planned } from "../draft/steps";
import { useText } from "../text/text";

type Props = {
  plan: Plan;
  confirmed: ReadonlySet<string>;
  onConfirm: (storeIds: string[], on: boolean) => void;
};

/** PlanGroups are the stores of a plan by what will happen to them, those that need a decision on top. */
export function PlanGroups({ plan, confirmed, onConfirm }: Props) {
  const text = useText();
  const { review } = text;
  const becomes = ({ store, from, to }: Planned) => text.replace.consequence(store.name, from ?? "", to);
  const asked = { open: true, confirmed, onConfirm };
  return (
    <>
      <PlanGroup
        sign={stateSigns.conflict}
        title={review.conflict(plan.conflict.length)}
        detail={review.conflictDetail}
        items={plan.conflict}
        confirmAll={review.replaceAll(plan.conflict.length)}
        sentence={(item) => review.decide(item.store.name, item.from ?? "", item.to)}
        {...asked}
      />
      <PlanGroup
        sign={stateSigns.failed}
        title={review.taken(plan.taken.length)}
        detail={review.takenDetail}
        items={plan.taken}
        open
        sentence={({ to }) => text.outcome.failed("local_store_id_taken", { id: to, observed: null })}
      />
      <PlanGroup
        sign={stateSigns.failed}
        title={review.missing(plan.missing.length)}
        items={plan.missing}
        open
        sentence={() => text.outcome.failed("store_not_found", { id: null, observed: null })}
      />
      <PlanGroup
        sign={stateSigns.drifted}
        title={review.replace(plan.replace.length)}
        detail={review.replaceDetail}
        items={plan.replace}
        confirmAll={review.replaceAll(plan.replace.length)}
        sentence={becomes}
        {...asked}
      />
      <PlanGroup
        sign={stateSigns.none}
        title={review.connect(plan.connect.length)}
        items={plan.connect}
        sentence={({ store, to }) => review.willGo(store.name, to)}
      />
      <PlanGroup
        sign={stateSigns.connected}
        title={review.right(plan.right.length)}
        items={plan.right}
        sentence={({ store, to }) => text.outcome.goTo(store.name, to)}
      />
    </>
  );
}
