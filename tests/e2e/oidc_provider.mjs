// A certified provider of OpenID Connect (panva's oidc-provider) on a free port of this machine, for tests.
//
// Arguments: the package's folder, and JSON of { claims: { SUB: CLAIMS }, inToken }. It signs in whoever gives a SUB as the
// name, with any password, and asks for no consent. With `inToken` the ID token has all claims, else only userinfo does.
// Prints its issuer once it answers.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, text] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(join(folder, "lib", "index.js")).href);
const { claims, inToken } = JSON.parse(text);

const key = (type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }),
  alg,
  use: "sig",
  kid: alg,
});
const ways = {
  basic: { token_endpoint_auth_method: "client_secret_basic" },
  post: { token_endpoint_auth_method: "client_secret_post" },
  public: { token_endpoint_auth_method: "none" },
  es256: { id_token_signed_response_alg: "ES256" },
  ps256: { id_token_signed_response_alg: "PS256" },
  eddsa: { id_token_signed_response_alg: "EdDSA" },
};
const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: Object.entries(ways).map(([name, way]) => ({
    client_id: name,
    ...(name === "public" ? {} : { client_secret: "a:secret of%the+client/" }),
    redirect_uris: ["http://127.0.0.1:5000/api/v1/login/oidc/callback"],
    ...way,
  })),
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["preferred_username"],
    groups: ["groups"],
  },
  conformIdTokenClaims: !inToken,
  cookies: { keys: ["of no use to anybody"] },
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, sub) =>
    sub in claims ? { accountId: sub, claims: () => ({ sub, ...claims[sub] }) } : undefined,
  jwks: {
    keys: [
      key("rsa", { modulusLength: 2048 }, "RS256"),
      key("rsa", { modulusLength: 2048 }, "PS256"),
      key("ec", { namedCurve: "P-256" }, "ES256"),
      key("ed25519", {}, "EdDSA"),
    ],
  },
  async loadExistingGrant(context) {
    const { client, session } = context.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile groups");
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
});
// Servers under test listen on free ports.
provider.Client.prototype.redirectUriAllowed = (uri) => {
  const { hostname, pathname } = new URL(uri);
  return hostname === "127.0.0.1" && pathname === "/api/v1/login/oidc/callback";
};
// It ends with whoever started it.
process.stdin.on("end", () => process.exit()).resume();
server.on("request", provider.callback());
console.log(issuer);
