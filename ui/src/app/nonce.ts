import { setNonce } from "get-nonce";

/** The nonce that the server gave this page for its style elements; scripts come as files only. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
setNonce(styleNonce);
