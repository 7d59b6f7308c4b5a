// The running server's endpoints, named by the environment, and one hub for each test.

import { randomUUID } from "node:crypto";

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests are started by tests/service/test_javascript.py`);
  return value;
}

export const endpoints = [
  {
    name: "http",
    connectionString: required("LINARITE_HTTP_CONNECTION_STRING"),
    options: { allowInsecureConnection: true },
  },
  // NODE_EXTRA_CA_CERTS names the development authority; nothing else is needed.
  { name: "https", connectionString: required("LINARITE_HTTPS_CONNECTION_STRING"), options: {} },
];

export const uniqueHub = () => `hub_${randomUUID().replaceAll("-", "")}`;

/** The default resource in the management API, and the credential that opens it. */
export const managementUrl =
  new URL(/Endpoint=([^;]+)/.exec(endpoints[0].connectionString)[1]).origin +
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/linarite" +
  "/providers/Microsoft.SignalRService/webPubSub/linarite";
export const administratorToken = required("LINARITE_ADMINISTRATOR_TOKEN");
