// Puts a user into a group, writes to the group, and takes the user out again.
const { WebPubSubServiceClient } = require('@azure/web-pubsub');

const connectionString = process.env.WEBPUBSUB_CONNECTION_STRING;
const serviceClient = new WebPubSubServiceClient(connectionString, 'demo-hub');

async function groupOperations() {
  await serviceClient.group('room-1').addUser('user-123');

  await serviceClient.group('room-1').sendToAll('Welcome to room 1!', { contentType: 'text/plain' });

  const exists = await serviceClient.group('room-1').hasUser('user-123');
  console.log('User in group:', exists);

  await serviceClient.group('room-1').removeUser('user-123');
}

groupOperations().catch(console.error);
