import { AzureKeyCredential, WebPubSubServiceClient, odata } from "@linarite/web-pubsub";
import type { ClientTokenResponse, GroupHasUserOptions, WebPubSubGroup } from "@linarite/web-pubsub";

const client = new WebPubSubServiceClient("http://localhost:8080", new AzureKeyCredential("key"), "hub");
const access: ClientTokenResponse = await client.getClientAccessUrl({ userId: "anna", roles: ["webpubsub.sendToGroup"] });
const url: string = access.url;
const group: WebPubSubGroup = client.group("g");
const options: GroupHasUserOptions = { requestOptions: { timeout: 1000 } };
const inside: boolean = await group.hasUser("anna", options);
await group.sendToAll(url, { contentType: "text/plain", filter: odata`userId eq ${"anna"}` });

// @ts-expect-error a user id is required
await group.hasUser();
// @ts-expect-error a user id is a string
await client.getClientAccessUrl({ userId: 1 });

export { inside };
