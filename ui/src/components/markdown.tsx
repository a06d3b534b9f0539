import type { Nodes, Parent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { Fragment, type ReactNode, useMemo } from "react";
import { text as strings } from "@/strings";
import classes from "./markdown.module.css";
import { SafeText } from "./safe-text";

const MOST_DEPTH = 40;
const LINK = /^(?:https?:\/\/|mailto:)/i;

/** Markdown by an allow-list: HTML is shown as text, nothing is loaded, links say where they lead. */
export default function Markdown({ source }: { source: string }) {
  const tree = useMemo(
    () => fromMarkdown(source, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }),
    [source],
  );
  return <div className={classes.markdown}>{children(tree, 0)}</div>;
}

function children(node: Parent, depth: number): ReactNode {
  if (depth > MOST_DEPTH) return "…";
  // biome-ignore lint/suspicious/noArrayIndexKey: nodes have no identity but their place
  return node.children.map((child, index) => <Fragment key={index}>{shown(child, depth + 1)}</Fragment>);
}

function shown(node: RootContent, depth: number): ReactNode {
  switch (node.type) {
    case "text":
      return <SafeText text={node.value} />;
    case "paragraph":
      return <p>{children(node, depth)}</p>;
    case "heading":
      return <p className={classes.heading}>{children(node, depth)}</p>;
    case "emphasis":
      return <em>{children(node, depth)}</em>;
    case "strong":
      return <strong>{children(node, depth)}</strong>;
    case "delete":
      return <del>{children(node, depth)}</del>;
    case "inlineCode":
      return (
        <code className={classes.code}>
          <SafeText text={node.value} />
        </code>
      );
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre className={classes.block} tabIndex={0}>
          <SafeText text={node.value} />
        </pre>
      );
    case "blockquote":
      return <blockquote>{children(node, depth)}</blockquote>;
    case "list":
      return node.ordered === true ? (
        <ol start={node.start ?? 1}>{children(node, depth)}</ol>
      ) : (
        <ul>{children(node, depth)}</ul>
      );
    case "listItem":
      return <li>{children(node, depth)}</li>;
    case "thematicBreak":
      return <hr />;
    case "break":
      return <br />;
    case "table":
      return <Table node={node} depth={depth} />;
    case "link":
      return <Link address={node.url}>{children(node, depth)}</Link>;
    case "image":
      return (
        <span className={classes.reference}>
          {strings.common.image} <SafeText text={node.alt || node.url} /> (<SafeText text={node.url} />)
        </span>
      );
    case "html":
      return <SafeText text={node.value} />;
    default:
      return "children" in node ? children(node as Parent, depth) : textOf(node);
  }
}

function Table({ node, depth }: { node: Extract<Nodes, { type: "table" }>; depth: number }) {
  const [head, ...rows] = node.children;
  return (
    <div className={classes.table}>
      <table>
        {head !== undefined && (
          <thead>
            <tr>
              {head.children.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells have no identity but their place
                <th key={index}>{children(cell, depth)}</th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
            <tr key={at}>
              {row.children.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells have no identity but their place
                <td key={index}>{children(cell, depth)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A link that leads where it says it does: the address stands behind the words, so that neither hides the other. */
function Link({ address, children }: { address: string; children: ReactNode }) {
  if (!LINK.test(address))
    return (
      <>
        {children} (<SafeText text={address} />)
      </>
    );
  return (
    <>
      <a href={address} target="_blank" rel="noopener noreferrer nofollow" title={address}>
        {children}
      </a>{" "}
      <span className={classes.address}>
        (<SafeText text={address} />)
      </span>
    </>
  );
}

function textOf(node: RootContent): ReactNode {
  return "value" in node && typeof node.value === "string" ? <SafeText text={node.value} /> : null;
}
