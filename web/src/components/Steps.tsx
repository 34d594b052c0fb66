import { useText } from "../text/text";
import { Icon } from "./Icon";
import { PageAnchor } from "./links";
import classes from "./Steps.module.css";

export type Step = "choose" | "map" | "review" | "result";

const order: { step: Step; to?: "/stores" | "/map" | "/review" }[] = [
  { step: "choose", to: "/stores" },
  { step: "map", to: "/map" },
  { step: "review", to: "/review" },
  { step: "result" },
];

/** Steps shows how far a person has come, and leads back; from a result nothing leads back, since it has begun. */
export function Steps({ current }: { current: Step }) {
  const text = useText();
  const at = order.findIndex(({ step }) => step === current);
  return (
    <nav aria-label={text.steps.label}>
      <ol className={classes.steps}>
        {order.map(({ step, to }, index) => {
          const done = index < at || current === "result";
          const content = (
            <>
              <span className={classes.number} aria-hidden>
                {done ? <Icon name="tick" /> : index + 1}
              </span>
              <span className={classes.name}>{text.steps[step]}</span>
            </>
          );
          return (
            <li
              key={step}
              className={classes.step}
              data-state={index === at ? "current" : done ? "done" : "ahead"}
              aria-current={index === at ? "step" : undefined}
            >
              {to && index < at && current !== "result" ? (
                <PageAnchor to={to} className={classes.link} underline="never">
                  {content}
                </PageAnchor>
              ) : (
                <span className={classes.link}>{content}</span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
