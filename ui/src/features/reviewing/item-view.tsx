import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { ReviewView, ShownContent, ShownJudgment, ShownReview, ShownSpan } from "@/api/schema";
import { Content } from "@/components/content";
import { Conversation } from "@/components/conversation";
import { FactList } from "@/components/facts";
import { SafeText } from "@/components/safe-text";
import { shownValue } from "@/lib/judgment";
import { rootAt } from "@/lib/spans";
import { text } from "@/strings";
import classes from "./reviewing.module.css";

const t = text.review;

interface ItemViewProps {
  item: ReviewView;
  /** Roots of the texts that a question has marked: they are marked where they stand. */
  toMark: ReadonlySet<string>;
  /** Takes the place in which a text of this root is marked. */
  onPlace: (root: string, place: HTMLElement | null) => void;
}

/** An item as the server shows it to its reviewer: what is not here, the session does not show. */
export function ItemView({ item, toMark, onPlace }: ItemViewProps) {
  return (
    <section className={classes.item} aria-label={t.item}>
      <h2 className="visually-hidden">{t.item}</h2>
      <div className={item.kind === "PAIR" ? classes.pair : undefined}>
        {item.contents.map((content, index) => (
          <OneContent
            // biome-ignore lint/suspicious/noArrayIndexKey: contents have no identity but their place
            key={index}
            content={content}
            rootOfPart={rootsOf(item, index)}
            toMark={toMark}
            onPlace={onPlace}
          />
        ))}
      </div>
      {item.judgments.length > 0 && <Judgments judgments={item.judgments} />}
      {item.reviews.length > 0 && <Reviews reviews={item.reviews} />}
    </section>
  );
}

interface OneContentProps extends Omit<ItemViewProps, "item"> {
  content: ShownContent;
  rootOfPart: (part: string) => string;
}

/** Return how the texts of one of the contents are named. */
function rootsOf({ kind, contents }: ReviewView, place: number): (part: string) => string {
  const traceId = kind === "SESSION" ? (contents[place]?.trace_id ?? "") : null;
  return (part) => rootAt(place, part, traceId);
}

function OneContent({ content, rootOfPart, toMark, onPlace }: OneContentProps) {
  const { title, request, response, expectations, spans, tags, metadata, model_id } = content;
  const given = (value: unknown) => value !== null && value !== undefined;
  const bare = !given(request) && !given(response) && spans.length === 0 && isEmpty(expectations);
  return (
    <article className={classes.content}>
      {title !== "" && (
        <h3>
          <SafeText text={title} />
        </h3>
      )}
      {bare && <p className="dim">{t.nothingShown}</p>}
      {given(request) && (
        <Block title={t.request}>
          <Markable root={rootOfPart("request")} toMark={toMark} onPlace={onPlace}>
            <Conversation value={request} />
          </Markable>
        </Block>
      )}
      {given(response) && (
        <Block title={t.response} out>
          <Markable root={rootOfPart("response")} toMark={toMark} onPlace={onPlace}>
            <Conversation value={response} out />
          </Markable>
        </Block>
      )}
      {!isEmpty(expectations) && (
        <Block title={t.expectations}>
          <FactList facts={factsOf(expectations)} />
        </Block>
      )}
      {spans.length > 0 && <Spans spans={spans} />}
      {!isEmpty(tags) && (
        <Block title={t.tags}>
          <FactList facts={factsOf(tags)} />
        </Block>
      )}
      {!isEmpty(metadata) && (
        <Block title={t.metadata}>
          <FactList facts={factsOf(metadata)} />
        </Block>
      )}
      {model_id !== null && (
        <Block title={t.model}>
          <SafeText text={model_id} />
        </Block>
      )}
    </article>
  );
}

interface MarkableProps extends Omit<ItemViewProps, "item"> {
  root: string;
  children: ReactNode;
}

/** Content as it is meant to be read, or, where a question has it marked, the text in which that is done. */
function Markable({ root, toMark, onPlace, children }: MarkableProps) {
  const [set, setSet] = useState(false);
  const [take] = useState(() => (place: HTMLElement | null) => onPlace(root, place));
  if (!toMark.has(root)) return children;
  return (
    <>
      <Button size="compact-xs" variant="subtle" className={classes.turn} onClick={() => setSet(!set)}>
        {set ? t.marks.toMark : t.marks.set}
      </Button>
      <div ref={take} hidden={set} className={classes.toMark} />
      {set && children}
    </>
  );
}

function isEmpty(values: Record<string, unknown>): boolean {
  return Object.keys(values).length === 0;
}

function factsOf(values: Record<string, unknown>): [string, ReactNode][] {
  return Object.entries(values).map(([name, value]) => [name, <Content key={name} value={value} />]);
}

function Block({ title, out = false, children }: { title: string; out?: boolean; children: ReactNode }) {
  return (
    <div className={classes.block} data-out={out || undefined}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

function Spans({ spans }: { spans: readonly ShownSpan[] }) {
  return (
    <details className={classes.spans}>
      <summary>{t.spans(spans.length)}</summary>
      <ol>
        {spans.map((span, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity but their place
          <OneSpan key={index} span={span} />
        ))}
      </ol>
    </details>
  );
}

/** A step, whose content is drawn once it is opened: a trace may have hundreds of them. */
function OneSpan({ span }: { span: ShownSpan }) {
  const [open, setOpen] = useState(false);
  return (
    <li style={{ marginInlineStart: `${Math.min(span.depth, 12) * 12}px` }}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <SafeText text={span.name} />{" "}
          <span className="dim">
            <SafeText text={span.model === null ? span.kind : `${span.kind} · ${span.model}`} />
          </span>
        </summary>
        {open && (
          <>
            <Block title={t.spanInput}>
              <Conversation value={span.inputs} />
            </Block>
            <Block title={t.spanOutput} out>
              <Conversation value={span.outputs} out />
            </Block>
          </>
        )}
      </details>
    </li>
  );
}

function Judgments({ judgments }: { judgments: readonly ShownJudgment[] }) {
  return (
    <Block title={t.judgments}>
      <ul>
        {judgments.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: several judgments may be alike
          <li key={index}>
            <SafeText text={each.name} />{" "}
            <strong>
              <SafeText text={shownValue(each.value)} />
            </strong>{" "}
            <span className="dim">
              <SafeText text={each.source_id} />
            </span>
            {each.rationale !== null && <Content value={each.rationale} />}
          </li>
        ))}
      </ul>
    </Block>
  );
}

function Reviews({ reviews }: { reviews: readonly ShownReview[] }) {
  return (
    <Block title={t.reviews}>
      {reviews.map(({ reviewer, form }) => (
        <div key={reviewer}>
          <h4>
            <SafeText text={reviewer} />
          </h4>
          <FactList facts={factsOf({ ...form.answers, ...form.assertions })} />
          {form.comment !== null && <Content value={form.comment} />}
        </div>
      ))}
    </Block>
  );
}
