"use strict";

const { createSerializer } = require("@azure/core-client");
const official = require("azure-web-pubsub-official");

/** @returns {boolean} whether `url` is plain http to this machine itself, where no network can listen in */
function isLoopbackHttp(url) {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "http:" &&
    (hostname === "localhost" ||
      hostname.endsWith(".localhost") || // RFC 6761, section 6.3
      hostname === "[::1]" ||
      /^127(\.\d+){3}$/.test(hostname)) // RFC 1122, section 3.2.1.3
  );
}

// The official package refuses http unless allowInsecureConnection is set. The policy stands last in the
// pipeline, so it judges the URL that is really called, also behind reverseProxyEndpoint.
const loopbackPolicy = {
  name: "linariteLoopbackPolicy",
  sendRequest(request, next) {
    if (isLoopbackHttp(request.url)) request.allowInsecureConnection = true;
    return next(request);
  },
};

function stringParameter(parameterPath, serializedName = parameterPath) {
  return { parameterPath, mapper: { serializedName, required: true, type: { name: "String" } } };
}

// Linarite's one extension of the data plane; every other status raises RestError in the pipeline.
const userIsInGroupOperation = {
  path: "/api/hubs/{hub}/groups/{group}/users/{userId}",
  httpMethod: "HEAD",
  responses: { 200: {}, 404: {} },
  queryParameters: [stringParameter("apiVersion", "api-version")],
  urlParameters: [
    { ...stringParameter("endpoint"), skipEncoding: true },
    stringParameter("hub"),
    stringParameter("group"),
    stringParameter("userId"),
  ],
  serializer: createSerializer({}, false),
};

class WebPubSubServiceClient extends official.WebPubSubServiceClient {
  constructor(...args) {
    super(...args);
    this.client.pipeline.addPolicy(loopbackPolicy);
  }

  getClientAccessUrl(options) {
    return this.getClientAccessToken(options);
  }

  group(groupName) {
    const { client, hubName: hub } = this;
    const hasUser = async (userId, options = {}) => {
      let status;
      const onResponse = (response, flatResponse, error) => {
        status = response.status;
        options.onResponse?.(response, flatResponse, error);
      };
      await client.sendOperationRequest(
        { hub, group: groupName, userId, options: { ...options, onResponse } },
        userIsInGroupOperation,
      );
      return status === 200;
    };
    return Object.assign(super.group(groupName), { hasUser });
  }
}

module.exports = { ...official, WebPubSubServiceClient };
