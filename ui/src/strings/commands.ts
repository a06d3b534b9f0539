/** Commands that pages give to copy. */

/** Commands of a shell that talk to the server whose page this is, wherever they are run. */
export const onThisServer = (commands: string) =>
  `export LODELINE_URL=${window.location.origin}\n${commands}`;
