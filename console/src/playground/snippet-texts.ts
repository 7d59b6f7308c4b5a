// Programs for the official SDKs. Names go into them as literals of the language, whatever they hold.

interface Place {
  endpoint: string;
  connectionString: string;
  hub: string;
}

interface Snippet {
  title: string;
  install: string;
  text: (place: Place) => string;
}

/** A text as a literal that JavaScript, Python, C#, Java and Go read alike. */
function literal(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const isPlain = (endpoint: string): boolean => endpoint.startsWith("http:");

export const SNIPPETS: readonly Snippet[] = [
  {
    title: "JavaScript server",
    install: "npm install @azure/web-pubsub",
    text: ({ endpoint, connectionString, hub }) => `import { WebPubSubServiceClient } from "@azure/web-pubsub";

const service = new WebPubSubServiceClient(
  ${literal(connectionString)},
  ${literal(hub)},${isPlain(endpoint) ? "\n  { allowInsecureConnection: true }," : ""}
);
await service.sendToAll("Hello", { contentType: "text/plain" });
const { url } = await service.getClientAccessToken({ userId: "ann" });
console.log(url);
`,
  },
  {
    title: "JavaScript client",
    install: "npm install @azure/web-pubsub-client",
    text: () => `import { WebPubSubClient } from "@azure/web-pubsub-client";

const client = new WebPubSubClient("<the client URL>");
client.on("group-message", ({ message }) => console.log(message.group, message.data));
await client.start();
await client.joinGroup("room");
await client.sendToGroup("room", "Hello", "text");
`,
  },
  {
    title: "Python server",
    install: "pip install azure-messaging-webpubsubservice",
    text: ({ connectionString, hub }) => `from azure.messaging.webpubsubservice import WebPubSubServiceClient

service = WebPubSubServiceClient.from_connection_string(
    ${literal(connectionString)},
    hub=${literal(hub)},
)
service.send_to_all("Hello", content_type="text/plain")
print(service.get_client_access_token(user_id="ann")["url"])
`,
  },
  {
    title: "Python client",
    install: "pip install azure-messaging-webpubsubclient",
    text: () => `from azure.messaging.webpubsubclient import WebPubSubClient
from azure.messaging.webpubsubclient.models import CallbackType, WebPubSubDataType

client = WebPubSubClient("<the client URL>")
with client:
    client.subscribe(CallbackType.GROUP_MESSAGE, lambda message: print(message.group, message.data))
    client.join_group("room")
    client.send_to_group("room", "Hello", WebPubSubDataType.TEXT)
    input()
`,
  },
  {
    title: "C#",
    install: "dotnet add package Azure.Messaging.WebPubSub",
    text: ({ connectionString, hub }) => `using Azure.Core;
using Azure.Messaging.WebPubSub;

var service = new WebPubSubServiceClient(
    ${literal(connectionString)},
    ${literal(hub)});
await service.SendToAllAsync("Hello", ContentType.TextPlain);
Console.WriteLine(await service.GetClientAccessUriAsync(userId: "ann"));
`,
  },
  {
    title: "Java",
    install: "com.azure:azure-messaging-webpubsub",
    text: ({ connectionString, hub }) => `import com.azure.messaging.webpubsub.*;
import com.azure.messaging.webpubsub.models.*;

WebPubSubServiceClient service = new WebPubSubServiceClientBuilder()
    .connectionString(${literal(connectionString)})
    .hub(${literal(hub)})
    .buildClient();
service.sendToAll("Hello", WebPubSubContentType.TEXT_PLAIN);
System.out.println(service.getClientAccessToken(
    new GetClientAccessTokenOptions().setUserId("ann")).getUrl());
`,
  },
];
