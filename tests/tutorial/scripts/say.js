// Connects, says hello, and prints the answer.
const WebSocket = require('ws');

const ws = new WebSocket(process.argv[2]);

ws.on('open', () => ws.send('Hello'));
ws.on('message', (data) => {
  console.log('Received:', data.toString());
  ws.close();
});
ws.on('error', (err) => console.error('WebSocket error:', err.message));
