import type { MarkableText } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { type Mark, stretchesOf } from "@/lib/spans";
import classes from "./question.module.css";

/** A text with what is marked in it; the labels stand behind each stretch, for those who do not see colours, too. */
export function MarkedText({ shown, marks }: { shown: MarkableText; marks: readonly Mark[] }) {
  return (
    <p className={classes.markedText}>
      {stretchesOf(shown, marks).map(({ text, labels }, index) =>
        labels.length === 0 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: stretches have no identity but their place
          <SafeText key={index} text={text} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: stretches have no identity but their place
          <mark key={index}>
            <SafeText text={text} />
            <small>
              <SafeText text={labels.join(" + ")} />
            </small>
          </mark>
        ),
      )}
    </p>
  );
}
