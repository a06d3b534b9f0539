/** What holds for one experiment. */

import { traces } from "./counts";

interface SettingWords {
  label: string;
  /** What it does. */
  what: string;
  /** What becomes of the traces that are there already. */
  there: string;
  /** How it is when nobody has set it. */
  usual: string;
}

const STAYS = "What is stored already stays as it is.";
const LINES = "One a line.";

export const experimentSettingsTexts = {
  experimentSettings: {
    title: "Experiment settings",
    about: "About",
    content: "What is kept of content",
    tracesGroup: "Traces",
    people: "Judgments and versions",
    retention: "How long traces are kept",
    budget: "Budget",
    periods: { day: "a day", week: "a week, from Monday", month: "a month" },
    usual: (value: string) => `Default: ${value}`,
    differs: "now another value",
    save: "Save the changes",
    undo: "Undo the changes",
    nothing: "Nothing is changed yet.",
    changed: (labels: string) => `Changed: ${labels}.`,
    trail: "Who changed it, in the audit trail",
    deleted: "This experiment is deleted: restore it to change its settings.",
    saved: "The settings were saved.",
    noTag: (line: string) => `“${line}” is no key=value.`,
    captures: {
      full: "everything",
      hashed: "hashed: a digest of each text",
      structure: "structure: keys and types only",
      none: "nothing of the content",
    },
    addPrice: "Add a price",
    removePrice: (model: string) => `Remove the price of ${model}`,
    price: (number: number) => `Price ${number}`,
    priceFields: {
      model: "Model",
      provider: "Provider",
      input_usd_per_mtok: "Input, $",
      output_usd_per_mtok: "Output, $",
      cache_read_usd_per_mtok: "Cache read, $",
      cache_write_usd_per_mtok: "Cache write, $",
    },
    size: (size: string) => `That is ${size}.`,
    fields: {
      name: {
        label: "Name",
        what: "What the application is called; its id stays when it is renamed.",
        there: "Programs that send to the experiment by name must use the new one.",
        usual: "none; every experiment has a name",
      },
      description: {
        label: "Description",
        what: "What the experiment is about; the overview shows it.",
        there: "No trace changes.",
        usual: "empty",
      },
      tags: {
        label: "Tags",
        what: "Texts by which experiments are found. One a line: key=value.",
        there: "No trace changes.",
        usual: "none",
      },
      capture: {
        label: "Content",
        what: "How much of the content of new spans is stored: texts, messages, attributes.",
        there: STAYS,
        usual: "everything",
      },
      mask_patterns: {
        label: "Masked patterns",
        what: `RE2 expressions; what matches is replaced by [masked] before anything is stored. ${LINES}`,
        there: STAYS,
        usual: "none",
      },
      mask_secrets: {
        label: "Mask secrets",
        what: "API keys of well-known forms, web tokens and private keys are replaced by [masked].",
        there: STAYS,
        usual: "on",
      },
      prices: {
        label: "Own prices",
        what: "US dollars per million tokens of a model, in the place of the price in the server's package genai-prices.",
        there:
          "Traces that are there keep the costs they have until they are priced anew, in Settings under Prices.",
        usual: "none",
      },
      max_age_days: {
        label: "Days",
        what: "Traces that began longer ago are removed.",
        there: "Those that are there are removed, too, about a minute later.",
        usual: "no limit",
      },
      max_traces: {
        label: "Traces",
        what: "When there are more, the oldest are removed.",
        there: "Those that are there are removed, too, about a minute later.",
        usual: "no limit",
      },
      max_bytes: {
        label: "Bytes",
        what: "When all traces together take more, the oldest are removed.",
        there: "Those that are there are removed, too, about a minute later.",
        usual: "no limit",
      },
      recommended_tags: {
        label: "Recommended tags",
        what: `Keys of tags that are offered where traces are tagged on the page. ${LINES}`,
        there: "No trace changes.",
        usual: "none",
      },
      environments: {
        label: "Environments",
        what: `The names of environments that you use, such as production. ${LINES}`,
        there: "No trace changes.",
        usual: "none",
      },
      default_environment: {
        label: "Default environment",
        what: "Given to new traces that name none.",
        there: "Traces that are there keep theirs, or none.",
        usual: "none",
      },
      gated_aliases: {
        label: "Gated aliases",
        what: `Aliases of versions that move only with a passed gate. ${LINES}`,
        there: "An alias stays where it points now.",
        usual: "none",
      },
      enforce_label_schemas: {
        label: "Check judgments against label schemas",
        what: "A person's judgment with the name of a label schema must have a value that the schema lets in.",
        there: "Judgments that are there stay.",
        usual: "off; labeling sessions always check",
      },
      max_usd: {
        label: "US dollars",
        what: "What the traces that begin in one period may cost together. Nothing is refused when they cost more: the overview shows it, and the audit trail and the server's log have it.",
        there: "Traces of the present period count.",
        usual: "no budget",
      },
      period: {
        label: "Period",
        what: "How long the budget is for. Days, weeks and months are those of UTC.",
        there: "No trace changes.",
        usual: "a month",
      },
    } satisfies Record<string, SettingWords>,
    shorter: {
      title: "Remove traces?",
      act: "Save, and let them be removed",
      counting: "Counting what would be removed…",
      age: (count: string, exact: boolean, date: string) =>
        `${exact ? "" : "At least "}${traces(count)} began before ${date} and will be removed.`,
      number: (count: string, exact: boolean) =>
        `${exact ? "" : "At least "}${traces(count)} over the limit: as many of the oldest will be removed.`,
      bytes: (size: string) =>
        `The oldest traces will be removed until all together take no more than ${size}; how many those are only the server finds out as it goes.`,
      kept: "Never removed are traces that a human has judged, that belong to a run, or that have the tag lodeline.pinned.",
      gone: "It begins about a minute after saving, and cannot be undone.",
    },
  },
};
