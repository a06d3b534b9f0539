/** Rules of a gate file, written for somebody to change. */

/** What an evaluation measured; `lower` says that less is better. */
export interface Measured {
  scorer: string;
  now: number;
  lower: boolean;
}

const PLACES = 1e4;

/** A rule that holds a metric to what it is now, rounded so that what is there now passes. */
export function ruleFor({ scorer, now, lower }: Measured): string {
  const threshold = (lower ? Math.ceil(now * PLACES) : Math.floor(now * PLACES)) / PLACES;
  return [
    "[[gate]]",
    `metric = ${tomlText(scorer)}`,
    `op = "${lower ? "<=" : ">="}"`,
    // JavaScript writes large ones as 1e+21, which TOML reads as well.
    `threshold = ${threshold}`,
    "",
  ].join("\n");
}

/** A basic string of TOML, whose escapes are those of JSON, and which has no raw U+007F. */
function tomlText(value: string): string {
  return JSON.stringify(value).replace(/\u007f/g, "\\u007f");
}
