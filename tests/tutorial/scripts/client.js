// Connects with the URL that the server gave, and prints what it hears.
const WebSocket = require('ws');

const ws = new WebSocket(process.argv[2]);

ws.on('open', () => console.log('Connected to Azure Web PubSub'));
ws.on('message', (data) => console.log('Received:', data.toString()));
ws.on('close', () => console.log('Disconnected'));
ws.on('error', (err) => console.error('WebSocket error:', err.message));
