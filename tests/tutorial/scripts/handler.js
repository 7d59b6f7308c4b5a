// Lets everybody in whose token is good, tells who comes and goes, and answers what clients say.
const express = require('express');
const { WebPubSubEventHandler } = require('@azure/web-pubsub-express');

const handler = new WebPubSubEventHandler('demo-hub', {
  path: '/api/pubsub',
  handleConnect: (req, res) => res.success(),
  onConnected: (req) => console.log(`${req.context.userId} connected`),
  onDisconnected: (req) => console.log(`${req.context.userId} disconnected`),
  handleUserEvent: (req, res) => res.success(`You said: ${req.data}`, 'text')
});

const app = express();
app.use(handler.getMiddleware());
app.listen(3000, () => console.log('Waiting for events'));
