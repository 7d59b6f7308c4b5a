// Gives a URL with which a client connects, then greets everybody who is connected.
const { WebPubSubServiceClient } = require('@azure/web-pubsub');

const connectionString = process.env.WEBPUBSUB_CONNECTION_STRING;
const serviceClient = new WebPubSubServiceClient(connectionString, 'demo-hub');

async function main() {
  const access = await serviceClient.getClientAccessUrl({
    userId: 'user-123',
    roles: ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup']
  });
  console.log('Client access URL:', access.url);

  await serviceClient.sendToAll('Hello from the server!', { contentType: 'text/plain' });
  console.log('Message sent to all clients');
}

main().catch(console.error);
