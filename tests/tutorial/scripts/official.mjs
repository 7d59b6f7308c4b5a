// Connects a client, and sends to the client's group by REST.
import { once } from 'node:events';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import WebSocket from 'ws';

const service = new WebPubSubServiceClient(process.env.WEBPUBSUB_CONNECTION_STRING, 'chat', {
  allowInsecureConnection: true
});
const { url } = await service.getClientAccessToken({ userId: 'anna', groups: ['room'] });

const client = new WebSocket(url);
client.on('message', (data) => {
  console.log(`${data} over ${new URL(url).protocol}`);
  client.close();
});
await once(client, 'open');
await service.group('room').sendToAll('Hello', { contentType: 'text/plain' });
